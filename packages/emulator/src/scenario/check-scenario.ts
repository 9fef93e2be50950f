import { resolveFault } from '../faults/apply-faults.ts';
import { isJsonObject } from '../wire/json.ts';
import type { Fault, ListenerKind, Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

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

/** A scenario by name. Throws a `TypeError` that lists the names there are. */
export function findScenario(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new TypeError(
    `scenario: expected one of ${scenarios.map((scenario) => scenario.name).join(', ')}; got ${name}`,
  );
}

/** The scenario that an option, a header or a file stands for, checked. Throws a `TypeError` for what is none. */
export function readScenario(value: unknown): Scenario {
  if (typeof value === 'string') return findScenario(value);
  const scenario = Array.isArray(value)
    ? { name: 'faults', description: 'Given as faults.', steps: [{ faults: value }] }
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
