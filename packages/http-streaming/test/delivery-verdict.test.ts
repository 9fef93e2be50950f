import { classifyDelivery, type Arrival } from '@gemini/http-streaming';
import { describe, expect, it } from 'vitest';

const read = (atMs: number, events: number, open = false): Arrival => ({ atMs, bytes: 100, events, open });
const every = (stepMs: number, count: number, events: number, open = false): Arrival[] =>
  Array.from({ length: count }, (_, index) => read(400 + index * stepMs, events, open));

const burst = (atMs: number, count: number, stepMs: number, bytes: number, events: number): Arrival[] =>
  Array.from({ length: count }, (_, index) => ({ atMs: atMs + index * stepMs, bytes, events, open: bytes > 645 }));
const twoReadsOf = (arrival: Arrival, bytes: number): Arrival[] => [
  { atMs: arrival.atMs - 1, bytes: 32_768, events: 0, open: true },
  { ...arrival, bytes: bytes - 32_768 },
];

describe('classifyDelivery', () => {
  it.for<[string, Arrival[], string]>([
    ['one event a read', every(50, 20, 1), 'live'],
    [
      'one event in two reads that come together',
      every(50, 20, 1).flatMap((a) => [read(a.atMs - 1, 0, true), a]),
      'live',
    ],
    ['several events a read, cut between events', every(200, 10, 4), 'bursty'],
    ['several events a read, cut inside an event', every(200, 10, 4, true), 'partial'],
    ['everything in one read, late', [read(3_000, 40)], 'buffered'],
    ['nearly everything in one read, late', [read(2_000, 1), read(3_000, 39)], 'buffered'],
    ['everything in one read, at once', [read(80, 40)], 'inconclusive'],
    ['too few events', every(50, 4, 1), 'inconclusive'],
    ['nothing', [], 'inconclusive'],
  ])('classifies %s', ([, arrivals, kind]) => {
    expect(classifyDelivery(arrivals).kind).toBe(kind);
  });

  it.for<[string, Arrival[], string]>([
    ['2 MB in reads of 64 KiB within 5 ms, late', burst(3_000, 32, 0.15, 65_536, 100), 'buffered'],
    ['20 MB in full reads over 200 ms, late', burst(3_000, 320, 0.6, 65_536, 100), 'buffered'],
    ['a collected body in small reads within 4 ms, late', burst(3_000, 40, 0.1, 645, 1), 'buffered'],
    ['2 MB in full reads, at once', burst(60, 32, 0.15, 65_536, 100), 'inconclusive'],
    ['a fast stream: 2,000 events a second for a second', burst(400, 2_000, 0.5, 645, 1), 'live'],
    ['40 KB events one by one', every(60, 20, 1).flatMap((a) => twoReadsOf(a, 40_000)), 'live'],
    ['a burst at the end of a live stream', [...every(50, 20, 1), ...burst(1_450, 10, 0.2, 645, 1)], 'live'],
  ])('ignores the size of reads: %s', ([, arrivals, kind]) => {
    expect(classifyDelivery(arrivals).kind).toBe(kind);
  });

  const pages = every(200, 10, 6, true).map((arrival) => ({ ...arrival, bytes: 4_096 }));
  it.for<[string, Arrival[], Record<string, string>, string, string | undefined]>([
    ['a content length', [read(3_000, 40)], { 'content-length': '26000' }, 'buffered', 'collected-body'],
    ['a coding', every(200, 10, 4, true), { 'content-encoding': 'gzip' }, 'partial', 'compression'],
    ['whole pages', [...pages, { ...read(3_000, 3), bytes: 700 }], {}, 'partial', 'proxy-buffer'],
    ['nothing that says so', every(200, 10, 4, true), {}, 'partial', undefined],
    ['identity', every(200, 10, 4, true), { 'content-encoding': 'identity' }, 'partial', undefined],
    ['a coding on a live stream', every(50, 20, 1), { 'content-encoding': 'gzip' }, 'live', undefined],
    ['bursts that end between events', every(200, 10, 4), { 'content-encoding': 'gzip' }, 'bursty', undefined],
  ])('finds the cause from %s', ([, arrivals, headers, kind, cause]) => {
    expect(classifyDelivery(arrivals, headers)).toMatchObject(cause === undefined ? { kind } : { kind, cause });
    expect(classifyDelivery(arrivals, headers).cause).toBe(cause);
  });

  it('does not take a long wait for the first read as evidence', () => {
    const thinking = every(50, 20, 1).map((arrival) => ({ ...arrival, atMs: arrival.atMs + 60_000 }));
    expect(classifyDelivery(thinking).kind).toBe('live');
  });

  it('returns the figures behind the verdict', () => {
    expect(classifyDelivery(every(200, 10, 4))).toEqual({
      kind: 'bursty',
      events: 40,
      deliveries: 10,
      largestShare: 0.1,
      eventsPerDelivery: 4,
      openShare: 0,
    });
  });
});
