import { type Fault, resolveFault } from '../faults/faults.ts';
import { isJsonObject } from '../wire/json.ts';
import { nearestNames } from '../wire/nearest-names.ts';
import { contentScenarios } from './content-scenarios.ts';
import { deliveryScenarios, frameScenarios } from './delivery-scenarios.ts';
import { endingScenarios } from './ending-scenarios.ts';
import { interactionScenarios } from './interaction-scenarios.ts';
import { refusalScenarios } from './refusal-scenarios.ts';
import type { ListenerKind, Scenario, ScenarioStep } from './scenario.ts';

const fine: readonly ScenarioStep[] = [{ faults: [] }];
/** Connection failures, and scenarios that need a separate server. Each has its own address. */
export const connectionScenarios: readonly Scenario[] = [
  at('refused', 'connection-refused', 'The port refuses connections.'),
  at('unanswered', 'connect-hangs', 'The port never accepts a connection.'),
  at('unresolvable', 'name-not-found', 'The host name does not exist.'),
  at('https', 'tls-unknown-issuer', 'The issuer of the certificate is unknown.'),
  at('https-expired', 'tls-expired', 'The certificate has expired.'),
  at('https-wrong-name', 'tls-wrong-name', 'The certificate is for another name.'),
  at('https-silent', 'tls-handshake-hangs', 'The connection opens, but the server never answers the TLS handshake.'),
  at('https', 'redirect-https-to-http', '307 from https to http.', [
    { faults: [{ type: 'redirect', status: 307, to: 'plain-http' }] },
  ]),
  at('http2', 'http2', 'A correct answer over HTTP/2.'),
  at('http2', 'http2-reset', 'The HTTP/2 stream is reset after three events.', [
    { faults: [{ type: 'cut', how: 'reset' }] },
  ]),
];

function at(listener: ListenerKind, name: string, description: string, steps = fine): Scenario {
  return { name, description, listener, steps };
}

const overHttp: readonly Scenario[] = [
  ...frameScenarios,
  ...deliveryScenarios,
  ...endingScenarios,
  ...refusalScenarios,
  ...contentScenarios,
  ...interactionScenarios,
];

/** Chaos excludes scenarios that take long or send a lot of data. */
const tooMuchForChaos =
  /^(?:endless-|flood-|large-|long-|error-body-endless|comments-only|slow-drip|redirect-loop|late-headers)/u;
const chaosSteps: readonly ScenarioStep[] = overHttp
  .filter((scenario) => !tooMuchForChaos.test(scenario.name))
  .flatMap((scenario) => scenario.steps.slice(0, 1));

const chaos: Scenario = {
  name: 'chaos',
  description: 'Each request gets a random scenario or none; the same `x-emulator-seed` repeats the choice.',
  pick: 'by-seed',
  // As many correct answers as faulty ones, so that a client can recover.
  steps: [...chaosSteps, ...chaosSteps.map(() => ({ faults: [] }))],
};

/** The scenarios that come with the package. */
export const scenarios: readonly Scenario[] = [...overHttp, ...connectionScenarios, chaos];

const listeners: readonly ListenerKind[] = [
  ...([
    'http',
    'https',
    'https-expired',
    'https-wrong-name',
    'https-silent',
    'http2',
    'refused',
    'unanswered',
  ] as const),
  'unresolvable',
];

/**
 * Finds a scenario by name.
 * @throws TypeError that suggests the nearest known names
 */
export function findScenario(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const near = nearestNames(
    scenarios.map((scenario) => scenario.name),
    name,
  );
  const hint = near.length === 0 ? 'gemini-emulator --scenarios lists them' : `did you mean ${near.join(' or ')}?`;
  throw new TypeError(`scenario: there is no scenario ${name.slice(0, 100)}; ${hint}`);
}

/**
 * Reads and checks the scenario of an option, a header or a file.
 * @throws TypeError if it is not a scenario
 */
export function readScenario(value: unknown): Scenario {
  if (typeof value === 'string') return findScenario(value);
  const scenario = Array.isArray(value)
    ? { name: 'faults', description: 'Custom faults.', steps: [{ faults: value }] }
    : value;
  if (!isJsonObject(scenario))
    throw new TypeError(`scenario: expected a name, an object or a list of faults, got ${typeof value}`);
  const {
    name = 'custom',
    description = '',
    steps,
    pick = 'in-order',
    listener = 'http',
  } = scenario as unknown as Partial<Scenario>;
  if (!Array.isArray(steps) || steps.length === 0) throw new TypeError(`scenario ${name}: expected at least one step`);
  if (pick !== 'in-order' && pick !== 'by-seed')
    throw new TypeError(`scenario ${name}, pick: expected in-order or by-seed, got ${String(pick)}`);
  if (!listeners.includes(listener))
    throw new TypeError(`scenario ${name}, listener: expected one of ${listeners.join(', ')}, got ${listener}`);
  for (const step of steps) {
    if (!isJsonObject(step) || !Array.isArray(step['faults']))
      throw new TypeError(`scenario ${name}: expected each step to have a list of faults`);
    for (const fault of step['faults'] as unknown as readonly Fault[]) resolveFault(fault);
  }
  return { name, description, steps: steps as Scenario['steps'], pick, listener };
}
