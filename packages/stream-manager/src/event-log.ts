/**
 * The append-only log that all subscribers of a stream read, each at its own index. Indices count from 0 and never
 * change; `oldest` moves up as events are trimmed, `next` as events are appended.
 */
export interface EventLog<Event> {
  /** Tells this run of a stream from an earlier one under the same id; higher is later. */
  readonly epoch: number;
  /** The first index still held; equal to `next` when nothing is. */
  readonly oldest: number;
  /** The index the next event will get, which is also the number of events there have been. */
  readonly next: number;
  /** What the events still held measure, in bytes. */
  readonly heldBytes: number;
  /** What all events so far measure, in bytes. */
  readonly totalBytes: number;
  append(event: Event, bytes: number): void;
  /** The event at an index in [oldest, next). */
  read(index: number): Event;
  /** What the events from this index on measure, in bytes; all that is held for an index before `oldest`. */
  bytesFrom(index: number): number;
  /** Forgets the events before this index. */
  trimTo(index: number): void;
}

const COMPACT_FROM = 256;

/** A log in this process's memory. Appending, reading and trimming are constant in time, trimming on average. */
export function createMemoryLog<Event>(epoch: number): EventLog<Event> {
  const events: (Event | undefined)[] = [];
  // What had been appended, in bytes, before each event: the distance between two indices is one subtraction.
  const offsets: number[] = [];
  let base = 0;
  let oldest = 0;
  let totalBytes = 0;

  const offsetOf = (index: number): number => offsets[Math.max(index, oldest) - base] ?? totalBytes;

  return {
    epoch,
    get oldest() {
      return oldest;
    },
    get next() {
      return base + events.length;
    },
    get heldBytes() {
      return totalBytes - offsetOf(oldest);
    },
    get totalBytes() {
      return totalBytes;
    },
    append(event, bytes) {
      events.push(event);
      offsets.push(totalBytes);
      totalBytes += bytes;
    },
    read: (index) => events[index - base] as Event,
    bytesFrom: (index) => totalBytes - offsetOf(index),
    trimTo(index) {
      const end = Math.min(index, base + events.length);
      for (; oldest < end; oldest++) events[oldest - base] = undefined;
      const dead = oldest - base;
      // Shifting the arrays only when half of them is dead keeps the cost of a trimmed event constant.
      if (dead < COMPACT_FROM || dead * 2 < events.length) return;
      events.splice(0, dead);
      offsets.splice(0, dead);
      base = oldest;
    },
  };
}
