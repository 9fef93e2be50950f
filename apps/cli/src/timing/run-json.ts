import type { TimingAnalysis } from './analyse-runs.ts';
import type { MeasuredRun } from './measured-run.ts';

/** A run as data for another program: its times, sizes and verdict, and nothing of what was said. */
export function runJson({ startedAt, endedMs, events, verdict, end }: MeasuredRun) {
  const { status, error } = end;
  return {
    startedAt: new Date(startedAt).toISOString(),
    endedMs: rounded(endedMs),
    status,
    ...(error === undefined ? {} : { error }),
    verdict,
    events: events.map(({ sentMs, arrivedMs, shownMs, bytes }) => ({
      sentMs: sentMs === undefined ? undefined : rounded(sentMs),
      arrivedMs: rounded(arrivedMs),
      shownMs: rounded(shownMs),
      bytes,
    })),
  };
}

/** An analysis as data: times in milliseconds, to the microsecond. */
export function analysisJson(analysis: TimingAnalysis): object {
  const text = JSON.stringify(analysis, (_name, value: unknown) =>
    typeof value === 'number' ? rounded(value) : value,
  );
  return JSON.parse(text) as object;
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
