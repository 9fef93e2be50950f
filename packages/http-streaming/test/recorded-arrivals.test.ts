import { classifyDelivery, type DeliveryVerdict } from '@gemini/http-streaming';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** How one response arrived, and how late, by the clock of the server that wrote it: made by `pnpm record-arrivals`. */
interface Recording {
  readonly name: string;
  /** The server wrote several events at a time. */
  readonly isBatched: boolean;
  /** From the server's write to an event's last byte here, in milliseconds: the median. */
  readonly lateMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly reads: readonly (readonly [atMs: number, bytes: number, events: number, open: 0 | 1])[];
}

const file = new URL('recorded-arrivals.ndjson', import.meta.url);
const recordings = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recording);

const verdictOf = ({ headers, reads }: Recording): DeliveryVerdict =>
  classifyDelivery(
    reads.map(([atMs, bytes, events, open]) => ({ atMs, bytes, events, open: open === 1 })),
    headers,
  );

// Live arrivals were at most 3 ms late, delayed ones at least 20 ms.
const heldBackMs = 10;

describe('a recorded response', () => {
  it.each(recordings)('$name: $lateMs ms late', (recording) => {
    const { isBatched, lateMs } = recording;
    const { kind } = verdictOf(recording);
    if (lateMs > heldBackMs) expect(['buffered', 'partial']).toContain(kind);
    else expect(kind).toBe(isBatched ? 'bursty' : 'live');
  });

  it('exists for every kind of verdict', () => {
    const kinds = new Set(recordings.map((recording) => verdictOf(recording).kind));
    expect([...kinds].toSorted()).toEqual(['buffered', 'bursty', 'live', 'partial']);
  });
});
