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

const compactFrom = 256;

/** A class, as everything that each stream has one of: see docs/decisions/0007-classes-inside.md. */
class MemoryLog<Event> implements EventLog<Event> {
  readonly epoch: number;
  oldest = 0;
  totalBytes = 0;
  readonly #events: (Event | undefined)[] = [];
  // What had been appended, in bytes, before each event: the distance between two indices is one subtraction.
  readonly #offsets: number[] = [];
  #base = 0;
  #trimmedBytes = 0;

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  get next(): number {
    return this.#base + this.#events.length;
  }

  get heldBytes(): number {
    return this.totalBytes - this.#trimmedBytes;
  }

  append(event: Event, bytes: number): void {
    this.#events.push(event);
    this.#offsets.push(this.totalBytes);
    this.totalBytes += bytes;
  }

  read(index: number): Event {
    return this.#events[index - this.#base] as Event;
  }

  bytesFrom(index: number): number {
    return this.totalBytes - (this.#offsets[Math.max(index, this.oldest) - this.#base] ?? this.totalBytes);
  }

  trimTo(index: number): void {
    const end = Math.min(index, this.next);
    for (; this.oldest < end; this.oldest++) this.#events[this.oldest - this.#base] = undefined;
    this.#trimmedBytes = this.totalBytes - this.bytesFrom(this.oldest);
    const dead = this.oldest - this.#base;
    // Shifting the arrays only when half of them is dead keeps the cost of a trimmed event constant.
    if (dead < compactFrom || dead * 2 < this.#events.length) return;
    this.#events.splice(0, dead);
    this.#offsets.splice(0, dead);
    this.#base = this.oldest;
  }
}

/** A log in this process's memory. Appending, reading and trimming are constant in time, trimming on average. */
export function createMemoryLog<Event>(epoch: number): EventLog<Event> {
  return new MemoryLog(epoch);
}

/**
 * Where an event stands in its stream: `<epoch>-<index>`. Opaque to callers, and what an SSE `id:` carries. The epoch
 * tells two runs under the same stream id apart; the index counts from 0. The position one past the last event is the
 * end's.
 */
export type StreamPosition = string;

const pattern = /^(\d{1,16})-(\d{1,16})$/;

/** The position of the event at `index`, written as it goes over the wire. */
export const formatPosition = (epoch: number, index: number): StreamPosition => positionStart(epoch) + String(index);

/** What all positions of an epoch begin with. Writing it anew with every event would cost as much as handing it over. */
export const positionStart = (epoch: number): string => `${epoch}-`;

/** The index a position names in the given epoch; undefined for another epoch's position, or for what is none. */
export function indexInEpoch(position: StreamPosition, epoch: number): number | undefined {
  const match = pattern.exec(position);
  return match !== null && Number(match[1]) === epoch ? Number(match[2]) : undefined;
}

/** The position of the oldest event that a log still holds; undefined when it holds none. */
export const oldestPosition = ({ epoch, oldest, next }: Pick<EventLog<unknown>, 'epoch' | 'oldest' | 'next'>) =>
  oldest < next ? formatPosition(epoch, oldest) : undefined;
