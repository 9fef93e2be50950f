import type { IncomingHttpHeaders } from 'node:http';
import { chooseStep, type ChosenStep, seedOf } from '../scenario/choose-step.ts';
import { readScenario } from '../scenario/check-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { GoogleError } from '../wire/google-error.ts';
import { hashText } from '../wire/random.ts';
import type { ListenerContext } from './emulator-context.ts';

/** The scenario that a request meets, with the step and the seed. */
export interface ChosenFaults extends ChosenStep {
  readonly scenario: Scenario | undefined;
  readonly seed: number;
}

/** Reads the choice: the `x-emulator-scenario` header, or `/__scenario/NAME` in the path, or the server's own. */
export function chooseFaults(
  headers: IncomingHttpHeaders,
  prefix: string,
  asked: string,
  { options, progress, scenario: serverScenario, ownScenario }: ListenerContext,
): ChosenFaults {
  const named = headers['x-emulator-scenario']?.toString() ?? /\/__scenario\/([^/]+)/u.exec(prefix)?.[1];
  const scenario = named === undefined ? (ownScenario ?? serverScenario) : readChoice(named, ownScenario);
  const conversation = `${prefix} ${scenario?.name ?? ''} ${hashText(asked)}`;
  const count = progress.next(conversation);
  const seed = seedOf(readSeed(headers, prefix), options.seed, conversation, count);
  return { scenario, seed, ...chooseStep(scenario, count, seed) };
}

function readChoice(named: string, ownScenario: Scenario | undefined): Scenario {
  if (named === ownScenario?.name) return ownScenario;
  try {
    const scenario = readScenario(named.startsWith('[') || named.startsWith('{') ? JSON.parse(named) : named);
    if ((scenario.listener ?? 'http') === 'http') return scenario;
  } catch (error) {
    throw new GoogleError('INVALID_ARGUMENT', error instanceof Error ? error.message : 'The scenario is not valid.');
  }
  throw new GoogleError(
    'FAILED_PRECONDITION',
    `The scenario ${named} has an address of its own: see GET /__emulator/scenarios/${named}.`,
  );
}

function readSeed(headers: IncomingHttpHeaders, prefix: string): number | undefined {
  const text = headers['x-emulator-seed']?.toString() ?? /\/__seed\/([^/]+)/u.exec(prefix)?.[1];
  if (text === undefined) return undefined;
  const seed = /^\d{1,10}$/u.test(text) ? Number(text) : Number.NaN;
  if (seed <= 0xffffffff) return seed;
  throw new GoogleError('INVALID_ARGUMENT', 'The seed must be a whole number below 2^32.');
}
