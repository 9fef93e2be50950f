import type { StreamTiming } from '@gemini/http-streaming';
import type { StoredStreamEvent } from './events.ts';

/** When each kind of content came first, in milliseconds since the request. */
export interface FirstSightings {
  readonly firstThoughtMs: number | undefined;
  readonly firstTextMs: number | undefined;
  readonly firstFunctionCallMs: number | undefined;
}

/** The transport's moments, and the first sight of each kind of content. */
export type GeminiStreamTiming = StreamTiming & FirstSightings;

/** Notes when content comes. */
export interface Sightings {
  see(event: StoredStreamEvent): void;
  /** `startedAt` is the wall clock's, as in the transport's timing. */
  timesSince(startedAt: number): FirstSightings;
}

class FirstSeen implements Sightings {
  #thoughtAt: number | undefined;
  #textAt: number | undefined;
  #functionCallAt: number | undefined;

  see({ type }: StoredStreamEvent): void {
    if (type === 'text-delta') this.#textAt ??= wallClock();
    else if (type === 'thought-delta') this.#thoughtAt ??= wallClock();
    else if (type === 'function-call-start') this.#functionCallAt ??= wallClock();
  }

  timesSince(startedAt: number): FirstSightings {
    const since = (at: number | undefined): number | undefined => at && at - startedAt;
    return {
      firstThoughtMs: since(this.#thoughtAt),
      firstTextMs: since(this.#textAt),
      firstFunctionCallMs: since(this.#functionCallAt),
    };
  }
}

/** Notes the first event of each kind. */
export function createFirstSightings(): Sightings {
  return new FirstSeen();
}

// `Date.now()` has whole milliseconds only.
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
