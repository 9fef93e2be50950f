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
  add(atMs: number, bytes: number, events: number, open: boolean): void;
  list(): Arrival[];
}

const maxArrivals = 2_048;
const fields = 4;

/** Keeps the last 2,048 reads (64 KiB at the most); older ones are overwritten. */
export function createArrivals(): Arrivals {
  const ring: number[] = [];
  let next = 0;
  return {
    add(atMs, bytes, events, open) {
      ring[next] = atMs;
      ring[next + 1] = bytes;
      ring[next + 2] = events;
      ring[next + 3] = open ? 1 : 0;
      next = (next + fields) % (maxArrivals * fields);
    },
    list() {
      const arrivals: Arrival[] = [];
      const start = ring.length === maxArrivals * fields ? next : 0;
      for (let offset = 0; offset < ring.length; offset += fields) {
        const [atMs = 0, bytes = 0, events = 0, open = 0] = ring.slice(
          (start + offset) % ring.length,
          ((start + offset) % ring.length) + fields,
        );
        arrivals.push({ atMs, bytes, events, open: open === 1 });
      }
      return arrivals;
    },
  };
}
