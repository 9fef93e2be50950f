import type { StreamTiming } from '@gemini/http-streaming';
import type { StoredStreamEvent } from '../types.ts';

/** The first moment of each kind of content, in milliseconds since the request, and the pauses between its pieces. */
export interface ContentTimes {
  readonly firstThoughtMs: number | undefined;
  readonly firstTextMs: number | undefined;
  readonly firstFunctionCallMs: number | undefined;
  /**
   * The median pause between one piece of content and the next, in milliseconds, within 9 %. Pieces within a millisecond
   * are one; `undefined` if there is only one.
   */
  readonly gapP50Ms: number | undefined;
  /** The pause that 99 of 100 do not exceed. */
  readonly gapP99Ms: number | undefined;
}

/** The moments of the transport and of the content. */
export type GeminiStreamTiming = StreamTiming & ContentTimes;

const contentTypes: ReadonlySet<StoredStreamEvent['type']> = new Set([
  'text-delta',
  'thought-delta',
  'function-call-start',
  'function-call-delta',
  'function-call-end',
  'inline-data',
  'executable-code',
  'code-result',
  'file',
  'transcription',
  'server-tool-call',
  'server-tool-result',
  'part',
]);

/** Records the first event of each kind of content, and the pauses between all of them. */
export class ContentTiming {
  readonly #gaps = new GapHistogram();
  #thoughtAt: number | undefined;
  #textAt: number | undefined;
  #functionCallAt: number | undefined;

  note({ type }: StoredStreamEvent): void {
    if (!contentTypes.has(type)) return;
    const nowMs = performance.now();
    this.#gaps.note(nowMs);
    if (type === 'text-delta') this.#textAt ??= nowMs;
    else if (type === 'thought-delta') this.#thoughtAt ??= nowMs;
    else if (type === 'function-call-start') this.#functionCallAt ??= nowMs;
  }

  /** `startedAt` is the wall clock's, as in the transport's timing. */
  timesSince(startedAt: number): ContentTimes {
    // `Date.now()` has whole milliseconds only.
    const since = (at: number | undefined): number | undefined => at && performance.timeOrigin + at - startedAt;
    return {
      firstThoughtMs: since(this.#thoughtAt),
      firstTextMs: since(this.#textAt),
      firstFunctionCallMs: since(this.#functionCallAt),
      gapP50Ms: this.#gaps.percentile(0.5),
      gapP99Ms: this.#gaps.percentile(0.99),
    };
  }
}

/** Four buckets an octave: 19 % from one bound to the next. */
const bucketsPerOctave = 4;
/** The last bucket begins at 12 days. */
const maxBuckets = 120;

/** The pauses of a stream, counted by length. At most 120 counters, however long the stream: lengths are kept within 9 %. */
export class GapHistogram {
  // Of the buckets from the shortest gap to the longest, which are few: an array that grows by itself has room for more.
  #counts: number[] = [];
  #firstBucket = 0;
  #total = 0;
  #lastMs = Number.NaN;
  #longestMs = 0;

  /** Notes content at this moment of a monotonic clock. Content within a millisecond of the last is one piece. */
  note(nowMs: number): void {
    const gapMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (!(gapMs >= 1)) return;
    const bucket = Math.min(maxBuckets - 1, Math.floor(bucketsPerOctave * Math.log2(gapMs)));
    let place = bucket - this.#firstBucket;
    if (this.#counts[place] === undefined) {
      this.#widen(bucket);
      place = bucket - this.#firstBucket;
    }
    this.#counts[place] = (this.#counts[place] ?? 0) + 1;
    this.#total += 1;
    if (gapMs > this.#longestMs) this.#longestMs = gapMs;
  }

  /** The gap that this share of all gaps does not exceed, within 9 %; `undefined` if there is no gap. */
  percentile(share: number): number | undefined {
    let rest = Math.max(1, Math.ceil(share * this.#total));
    for (const [place, count] of this.#counts.entries()) {
      rest -= count;
      const middleMs = 2 ** ((this.#firstBucket + place + 0.5) / bucketsPerOctave);
      if (rest <= 0) return Math.min(middleMs, this.#longestMs);
    }
    return undefined;
  }

  #widen(bucket: number): void {
    const counts = this.#counts;
    const before = counts.length === 0 ? bucket : this.#firstBucket;
    const first = Math.min(bucket, before);
    const last = Math.max(bucket, before + counts.length - 1);
    this.#counts = Array.from({ length: last - first + 1 }, (_, place) => counts[first + place - before] ?? 0);
    this.#firstBucket = first;
  }
}

/**
 * Adds up the moments of several requests, since the first one: first bytes and events are those of the first request
 * that had any, the end is that of the last one, and counts are summed.
 */
export function addTiming(before: StreamTiming | undefined, next: StreamTiming | undefined): StreamTiming | undefined {
  if (before === undefined || next === undefined) return before ?? next;
  const offset = next.startedAt - before.startedAt;
  const moved = (momentMs: number | undefined): number | undefined => momentMs && momentMs + offset;
  return {
    ...next,
    startedAt: before.startedAt,
    attemptMs: next.attemptMs + offset,
    connectedMs: before.connectedMs ?? moved(next.connectedMs),
    headersMs: before.headersMs ?? moved(next.headersMs),
    firstByteMs: before.firstByteMs ?? moved(next.firstByteMs),
    firstEventMs: before.firstEventMs ?? moved(next.firstEventMs),
    endedMs: moved(next.endedMs),
    bytesCount: before.bytesCount + next.bytesCount,
    eventsCount: before.eventsCount + next.eventsCount,
  };
}
