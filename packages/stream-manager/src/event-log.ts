/**
 * The position of an event in its stream: `<epoch>-<index>`. It is opaque to callers, and is the `id:` of an SSE frame.
 * The epoch distinguishes two streams under the same id; the index counts from 0. The position one past the last event
 * is that of the end.
 */
export type StreamPosition = string;

const compactFrom = 256;

/**
 * The append-only log that all subscribers of a stream read, each at its own index. Indices count from 0 and never
 * change; `oldest` moves up as events are trimmed, `next` as events are appended. Appending, reading and trimming are
 * constant in time, trimming on average. A class, as everything that each stream has one of: see
 * docs/decisions/0007-classes-inside.md.
 */
export class EventLog<Event> {
  /** Distinguishes this stream from an earlier one under the same id; higher is later. Only a stream log changes it. */
  epoch: number;
  /** The first index still held; equal to `next` if none is. */
  oldest = 0;
  /** The size of all events so far, in bytes. */
  totalBytes = 0;
  readonly #events: (Event | undefined)[] = [];
  // The total size before each event: the distance between two indices is one subtraction.
  readonly #offsets: number[] = [];
  #base = 0;
  #trimmedBytes = 0;

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  /** The index of the next event, which is also the number of events so far. */
  get next(): number {
    return this.#base + this.#events.length;
  }

  /** The size of the events still held, in bytes. */
  get heldBytes(): number {
    return this.totalBytes - this.#trimmedBytes;
  }

  append(event: Event, bytes: number): void {
    this.#events.push(event);
    this.#offsets.push(this.totalBytes);
    this.totalBytes += bytes;
  }

  /** Returns the event at an index in [oldest, next). */
  read(index: number): Event {
    return this.#events[index - this.#base] as Event;
  }

  /** Returns all events still held. */
  held(): Event[] {
    return Array.from({ length: this.next - this.oldest }, (_, index) => this.read(this.oldest + index));
  }

  /** Returns the size of the events from this index on, in bytes; of all that are held, for an index before `oldest`. */
  bytesFrom(index: number): number {
    return this.totalBytes - (this.#offsets[Math.max(index, this.oldest) - this.#base] ?? this.totalBytes);
  }

  /** Forgets the events before this index. */
  trimTo(index: number): void {
    const end = Math.min(index, this.next);
    for (; this.oldest < end; this.oldest += 1) this.#events[this.oldest - this.#base] = undefined;
    this.#trimmedBytes = this.totalBytes - this.bytesFrom(this.oldest);
    const dead = this.oldest - this.#base;
    // Shifting the arrays only when half of them is dead keeps the cost of a trimmed event constant.
    if (dead < compactFrom || dead * 2 < this.#events.length) return;
    this.#events.splice(0, dead);
    this.#offsets.splice(0, dead);
    this.#base = this.oldest;
  }

  /** Moves to an index past `next`, as if the events before it had been appended and trimmed. */
  skipTo(index: number): void {
    this.#events.length = 0;
    this.#offsets.length = 0;
    this.#trimmedBytes = this.totalBytes;
    this.oldest = index;
    this.#base = index;
  }
}

const positionPattern = /^(\d{1,16})-(\d{1,16})$/;

/** Returns the position of the event at `index`, as it goes over the wire. */
export function formatPosition(epoch: number, index: number): StreamPosition {
  return positionStart(epoch) + String(index);
}

/** Returns the beginning of all positions of an epoch. Formatting it for each event would cost as much as delivering it. */
export function positionStart(epoch: number): string {
  return `${epoch}-`;
}

/** Returns the index of a position in the given epoch; undefined for a position of another epoch or an invalid one. */
export function indexInEpoch(position: StreamPosition, epoch: number): number | undefined {
  const match = positionPattern.exec(position);
  return match !== null && Number(match[1]) === epoch ? Number(match[2]) : undefined;
}

/** Returns the position of the oldest event that a log still holds; undefined if it holds none. */
export function oldestPosition({ epoch, oldest, next }: EventLog<unknown>): StreamPosition | undefined {
  return oldest < next ? formatPosition(epoch, oldest) : undefined;
}
