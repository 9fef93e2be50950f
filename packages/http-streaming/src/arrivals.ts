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

/** The last reads of a stream, in order. */
export interface Arrivals {
  /** What comes within one turn of the event loop is one read, in however many pieces HTTP has cut it. */
  add(atMs: number, bytes: number, events: number, open: boolean): void;
  /** The last `count` of them, or all that are kept. */
  list(count?: number): Arrival[];
  /** Reads so far, forgotten ones included. */
  count(): number;
}

const maxArrivals = 2_048;
const fields = 4;

/** Keeps the last 2,048 reads (64 KiB at the most); older ones are overwritten. */
export function createArrivals(): Arrivals {
  const ring: number[] = [];
  let count = 0;
  let inTurn = false;
  const endTurn = (): void => {
    inTurn = false;
  };
  const slotOf = (index: number): number => (index % maxArrivals) * fields;
  return {
    add(atMs, bytes, events, open) {
      if (!inTurn) {
        inTurn = true;
        queueMicrotask(endTurn);
        const slot = slotOf(count);
        ring[slot] = atMs;
        ring[slot + 1] = 0;
        ring[slot + 2] = 0;
        count += 1;
      }
      const slot = slotOf(count - 1);
      ring[slot + 1] = (ring[slot + 1] ?? 0) + bytes;
      ring[slot + 2] = (ring[slot + 2] ?? 0) + events;
      ring[slot + 3] = open ? 1 : 0;
    },
    list(wanted = maxArrivals) {
      const arrivals: Arrival[] = [];
      for (let index = Math.max(0, count - Math.min(wanted, maxArrivals)); index < count; index += 1) {
        const slot = slotOf(index);
        const [atMs = 0, bytes = 0, events = 0, open = 0] = ring.slice(slot, slot + fields);
        arrivals.push({ atMs, bytes, events, open: open === 1 });
      }
      return arrivals;
    },
    count: () => count,
  };
}
