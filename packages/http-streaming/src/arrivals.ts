/** One read of the socket: when it came, and what it completed. */
export interface Arrival {
  /** Milliseconds since the request. */
  readonly atMs: number;
  readonly bytes: number;
  /** Events that this read completed. */
  readonly events: number;
  /** Whether the parser held a part of an event after it. */
  readonly open: boolean;
}

/** What a piece of a read held. */
export type ArrivedPiece = Pick<Arrival, 'bytes' | 'events' | 'open'>;

/** The last reads of a stream, in order. */
export interface Arrivals {
  /**
   * A piece that came at `atMs` and was done with at `doneMs`. What follows within 10 us of that is of the same read, in
   * however many pieces HTTP has cut it: another read takes longer to come.
   */
  add(atMs: number, doneMs: number, piece: ArrivedPiece): void;
  /** The last `count` of them, or all that are kept. */
  list(count?: number): Arrival[];
  /** Reads so far, forgotten ones included. */
  count(): number;
}

const maxArrivals = 2_048;
const fields = 4;
const sameReadMs = 0.01;

class ArrivalRing implements Arrivals {
  readonly #ring: number[] = [];
  #count = 0;
  #lastDoneMs = -Infinity;

  add(atMs: number, doneMs: number, { bytes, events, open }: ArrivedPiece): void {
    const ring = this.#ring;
    if (atMs - this.#lastDoneMs > sameReadMs) {
      const slot = slotOf(this.#count);
      ring[slot] = atMs;
      ring[slot + 1] = 0;
      ring[slot + 2] = 0;
      this.#count += 1;
    }
    this.#lastDoneMs = doneMs;
    const slot = slotOf(this.#count - 1);
    ring[slot + 1] = (ring[slot + 1] ?? 0) + bytes;
    ring[slot + 2] = (ring[slot + 2] ?? 0) + events;
    ring[slot + 3] = open ? 1 : 0;
  }
  list(wanted: number = maxArrivals): Arrival[] {
    const arrivals: Arrival[] = [];
    for (let index = Math.max(0, this.#count - Math.min(wanted, maxArrivals)); index < this.#count; index += 1) {
      const slot = slotOf(index);
      const [atMs = 0, bytes = 0, events = 0, open = 0] = this.#ring.slice(slot, slot + fields);
      arrivals.push({ atMs, bytes, events, open: open === 1 });
    }
    return arrivals;
  }
  count(): number {
    return this.#count;
  }
}

function slotOf(index: number): number {
  return (index % maxArrivals) * fields;
}

/** Keeps the last 2,048 reads (64 KiB at the most); older ones are overwritten. */
export function createArrivals(): Arrivals {
  return new ArrivalRing();
}
