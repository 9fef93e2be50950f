import type { DeliveryVerdict } from '@gemini/client';

/** One event as a person saw it. */
export interface ShownEvent {
  /** Milliseconds since the prompt was sent, after the event was on the screen. */
  readonly shownMs: number;
  /** The same clock: when the server wrote it. Undefined where the server does not tell. */
  readonly sentMs: number | undefined;
}

/** A bar, and whether it was met; `undefined` where it could not be measured. */
export interface Check {
  readonly name: string;
  readonly bar: string;
  readonly measured: string;
  readonly met: boolean | undefined;
}

/** What the times of a stream say. All in milliseconds. */
export interface TimingAnalysis {
  readonly firstMs: number | undefined;
  readonly averageIntervalMs: number | undefined;
  readonly timesMs: readonly number[];
  /** From the server's write to the screen. */
  readonly gapP50Ms: number | undefined;
  readonly gapMaxMs: number | undefined;
  readonly checks: readonly Check[];
}

/** A person's bar for the first sign of an answer. */
const firstBarMs = 1_000;
/** A person's bar for the way from the server to the screen. */
const gapBarMs = 50;

/** Holds a stream's times against the bars of a stream that feels live. Pure. */
export function analyseTiming(events: readonly ShownEvent[], verdict: DeliveryVerdict): TimingAnalysis {
  const timesMs = events.map((event) => event.shownMs);
  const [firstMs] = timesMs;
  const lastMs = timesMs.at(-1);
  const gaps = events
    .flatMap(({ shownMs, sentMs }) => (sentMs === undefined ? [] : [shownMs - sentMs]))
    .toSorted((left, right) => left - right);
  const gapP50Ms = gaps[gaps.length >> 1];
  const gapMaxMs = gaps.at(-1);
  return {
    firstMs,
    averageIntervalMs:
      firstMs === undefined || lastMs === undefined || events.length < 2
        ? undefined
        : (lastMs - firstMs) / (events.length - 1),
    timesMs,
    gapP50Ms,
    gapMaxMs,
    checks: [
      check('first event', `within ${firstBarMs} ms`, firstMs, firstBarMs),
      check('server to screen', `under ${gapBarMs} ms, every event`, gapMaxMs, gapBarMs),
      {
        name: 'not in blocks',
        bar: 'live',
        measured: verdict.kind,
        met: verdict.kind === 'inconclusive' ? undefined : verdict.kind === 'live',
      },
    ],
  };
}

function check(name: string, bar: string, measuredMs: number | undefined, barMs: number): Check {
  if (measuredMs === undefined) return { name, bar, measured: 'not told by this server', met: undefined };
  return { name, bar, measured: milliseconds(measuredMs), met: measuredMs <= barMs };
}

/** Whole milliseconds, or a tenth where there are few. */
export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
