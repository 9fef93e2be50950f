import type { Arrival } from './types.ts';

const maxArrivals = 2_048;
const sameReadMs = 0.01;
// The facts of a read are one number: 32 bits of bytes, 20 of events, and whether it is open.
const maxBytes = 2 ** 32 - 1;
const maxEvents = 2 ** 20 - 1;

/**
 * The last 2,048 reads of a stream in order (32 KiB at the most); older ones are overwritten. Of one read at most 4 GiB
 * and a million events are counted.
 */
export class Arrivals {
  /** Two numbers a read: when it came, and what it held. */
  readonly #ring: number[] = [];
  #count = 0;
  #lastDoneMs = -Infinity;
  /** Bytes and events of the last read. */
  #bytes = 0;
  #events = 0;

  /**
   * Adds a piece that came at `atMs` and was parsed at `doneMs`. Pieces less than 10 us apart belong to one socket read
   * that HTTP framing split: another read takes longer to come.
   */
  add(atMs: number, doneMs: number, { bytes, events, open }: Pick<Arrival, 'bytes' | 'events' | 'open'>): void {
    if (atMs - this.#lastDoneMs > sameReadMs) {
      this.#ring[slotOf(this.#count)] = atMs;
      this.#bytes = this.#events = 0;
      this.#count += 1;
    }
    this.#lastDoneMs = doneMs;
    this.#bytes = Math.min(maxBytes, this.#bytes + bytes);
    this.#events = Math.min(maxEvents, this.#events + events);
    this.#ring[slotOf(this.#count - 1) + 1] = (this.#bytes * (maxEvents + 1) + this.#events) * 2 + (open ? 1 : 0);
  }

  /** Returns the last `wanted` reads, or all that are kept. */
  list(wanted: number = maxArrivals): Arrival[] {
    const arrivals: Arrival[] = [];
    for (let index = Math.max(0, this.#count - Math.min(wanted, maxArrivals)); index < this.#count; index += 1) {
      const [atMs = 0, held = 0] = this.#ring.slice(slotOf(index), slotOf(index) + 2);
      const whole = Math.floor(held / 2);
      const events = whole % (maxEvents + 1);
      arrivals.push({ atMs, bytes: (whole - events) / (maxEvents + 1), events, open: held % 2 === 1 });
    }
    return arrivals;
  }

  /** Returns the number of reads so far, overwritten ones included. */
  count(): number {
    return this.#count;
  }
}

function slotOf(index: number): number {
  return (index % maxArrivals) * 2;
}
