import { parseArgs } from 'node:util';
import { type BreakName, breakNames } from './breaks.ts';

/** The task of `pnpm simulate`. */
export interface SimulationArguments {
  /** Stream-hours to simulate. */
  readonly hours: number;
  readonly seed: number;
  /** The most real time, in minutes. */
  readonly minutes: number;
  /** Runs one episode by its own seed. */
  readonly episode: number | undefined;
  /** Runs the plans in these files. */
  readonly plans: readonly string[];
  /** Prints everything that happens in the episode. */
  readonly trace: boolean;
  /** Writes the shrunk plan of a failure to `failures/`. */
  readonly keep: boolean;
  /** Prints the figures as one line of JSON, and the lines for a person to the standard error. */
  readonly json: boolean;
  /** A fault to put into the product, to see that the simulation finds it. */
  readonly break: BreakName | undefined;
}

/** Reads the arguments of the command. @throws TypeError for an invalid one */
export function readArguments(given: readonly string[], nowMs: number): SimulationArguments {
  const { values } = parseArgs({
    args: [...given],
    options: {
      hours: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(nowMs % 1_000_000) },
      minutes: { type: 'string', default: 'Infinity' },
      episode: { type: 'string' },
      plan: { type: 'string', multiple: true, default: [] },
      trace: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      break: { type: 'string' },
    },
  });
  const breakName = breakNames.find((name) => name === values.break);
  if (values.break !== undefined && breakName === undefined) {
    throw new TypeError(`--break: expected one of ${breakNames.join(', ')}, got ${values.break}`);
  }
  return {
    hours: above0('--hours', values.hours),
    seed: whole('--seed', values.seed),
    minutes: above0('--minutes', values.minutes),
    episode: values.episode === undefined ? undefined : whole('--episode', values.episode),
    plans: values.plan,
    trace: values.trace,
    keep: values.keep,
    json: values.json,
    break: breakName,
  };
}

function above0(name: string, value: string): number {
  const number = Number(value);
  if (number > 0) return number;
  throw new TypeError(`${name}: expected a number above 0, got ${value}`);
}

function whole(name: string, value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 0 && number < 2 ** 32) return number;
  throw new TypeError(`${name}: expected a whole number below 2^32, got ${value}`);
}
