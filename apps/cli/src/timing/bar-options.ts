import type { CommandOptions, OptionValues } from '../command.ts';
import { readNumber } from '../read-number.ts';
import { defaultTimingBars, type TimingBars } from './analyse-runs.ts';

const group = 'Bars';

/** How to set the bars: the same in every command that holds against them. */
export const barOptions = {
  'first-ms': { type: 'string', value: 'MS', group, description: 'to the first event, p95 (1000)' },
  'interval-ms': { type: 'string', value: 'MS', group, description: 'between two events, p95 (1000)' },
  'screen-ms': { type: 'string', value: 'MS', group, description: "from the server's write to the screen, p99 (50)" },
} as const satisfies CommandOptions;

/** The bars that were given, over the defaults. Throws a `UsageError` for what is no number. */
export function readBars(values: OptionValues<typeof barOptions>): TimingBars {
  const read = (name: keyof typeof barOptions, bar: number): number =>
    readNumber(name, values[name], { least: 0 }) ?? bar;
  const { firstEventMs, intervalMs, serverToScreenMs } = defaultTimingBars;
  return {
    firstEventMs: read('first-ms', firstEventMs),
    intervalMs: read('interval-ms', intervalMs),
    serverToScreenMs: read('screen-ms', serverToScreenMs),
  };
}
