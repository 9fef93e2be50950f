import type { MeasuredRun } from './measured-run.ts';

/** What an emulator remembers of a request, as far as times go: its own `EmulatorRequest`, or the same as JSON. */
export interface SentRecord {
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly writes: readonly { readonly atMs: number }[];
  readonly writesCount: number;
}

/** Two clocks of one machine agree about as well; an event cannot arrive before it is sent. */
const clockToleranceMs = 1;

/**
 * A run with the times at which its server wrote the events. Unchanged where the record's times belong to no event: the
 * server wrote more or fewer pieces than there were events, or its clock is another one. Pure.
 */
export function withSentTimes<Run extends MeasuredRun>(run: Run, record: SentRecord | undefined): Run {
  if (record === undefined || record.writesCount !== run.events.length) return run;
  const sent = record.writes.map(({ atMs }) => atMs - run.startedAt);
  const events = run.events.map((event, index) => ({ ...event, sentMs: sent[index] }));
  const agrees = events.every(
    ({ sentMs, arrivedMs }) => sentMs !== undefined && sentMs >= 0 && sentMs <= arrivedMs + clockToleranceMs,
  );
  return agrees ? { ...run, events } : run;
}
