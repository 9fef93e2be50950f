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

type Kind = 'thought-delta' | 'text-delta' | 'function-call-start';

/** Notes the first event of each kind. */
export function createFirstSightings() {
  const seen: Partial<Record<Kind, number>> = {};
  const isKind = (type: string): type is Kind =>
    type === 'text-delta' || type === 'thought-delta' || type === 'function-call-start';
  return {
    see({ type }: StoredStreamEvent): void {
      if (isKind(type)) seen[type] ??= wallClock();
    },
    /** `startedAt` is the wall clock's, as in the transport's timing. */
    timesSince(startedAt: number): FirstSightings {
      const since = (kind: Kind): number | undefined => seen[kind] && seen[kind] - startedAt;
      return {
        firstThoughtMs: since('thought-delta'),
        firstTextMs: since('text-delta'),
        firstFunctionCallMs: since('function-call-start'),
      };
    },
  };
}

// `Date.now()` has whole milliseconds only.
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
