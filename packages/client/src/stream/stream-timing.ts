import type { StreamTiming } from '@gemini/http-streaming';

/**
 * The moments of a stream that took several requests, since the first one: first bytes and events are those of the first
 * request that had any, the end is the last one's, and counts add up.
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
