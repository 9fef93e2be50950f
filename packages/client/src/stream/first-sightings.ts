import type { StreamTiming } from '@gemini/http-streaming';
import { performance } from 'node:perf_hooks';
import type { StoredStreamEvent } from './events.ts';
import { createGapHistogram } from './gap-histogram.ts';

/** When each kind of content came first, in milliseconds since the request, and how evenly it came. */
export interface FirstSightings {
  readonly firstThoughtMs: number | undefined;
  readonly firstTextMs: number | undefined;
  readonly firstFunctionCallMs: number | undefined;
  /**
   * The median pause between one piece of content and the next, in milliseconds, within 9 %. Pieces within a millisecond
   * are one; undefined while there is one only.
   */
  readonly gapP50Ms: number | undefined;
  /** The same, which 99 of 100 pauses do not exceed. */
  readonly gapP99Ms: number | undefined;
}

/** The transport's moments, the first sight of each kind of content, and the pauses between its pieces. */
export type GeminiStreamTiming = StreamTiming & FirstSightings;

/** Notes when content comes. */
export interface Sightings {
  see(event: StoredStreamEvent): void;
  /** `startedAt` is the wall clock's, as in the transport's timing. */
  timesSince(startedAt: number): FirstSightings;
}

const contentTypes: ReadonlySet<StoredStreamEvent['type']> = new Set([
  'text-delta',
  'thought-delta',
  'function-call-start',
  'function-call-delta',
  'function-call-end',
  'inline-data',
  'executable-code',
  'code-result',
]);

class FirstSeen implements Sightings {
  readonly #gaps = createGapHistogram();
  #thoughtAt: number | undefined;
  #textAt: number | undefined;
  #functionCallAt: number | undefined;

  see({ type }: StoredStreamEvent): void {
    if (!contentTypes.has(type)) return;
    const nowMs = performance.now();
    this.#gaps.note(nowMs);
    if (type === 'text-delta') this.#textAt ??= nowMs;
    else if (type === 'thought-delta') this.#thoughtAt ??= nowMs;
    else if (type === 'function-call-start') this.#functionCallAt ??= nowMs;
  }

  timesSince(startedAt: number): FirstSightings {
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

/** Notes the first event of each kind, and the pauses between all of them. */
export function createFirstSightings(): Sightings {
  return new FirstSeen();
}
