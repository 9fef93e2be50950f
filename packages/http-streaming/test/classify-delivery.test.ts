import { classifyDelivery, type Arrival } from '@gemini/http-streaming';
import { describe, expect, it } from 'vitest';

const read = (atMs: number, events: number, open = false): Arrival => ({ atMs, bytes: 100, events, open });
const every = (stepMs: number, count: number, events: number, open = false): Arrival[] =>
  Array.from({ length: count }, (_, index) => read(400 + index * stepMs, events, open));

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
  ])('calls %s what it is', ([, arrivals, kind]) => {
    expect(classifyDelivery(arrivals).kind).toBe(kind);
  });

  it('does not take a long wait for the first read as evidence', () => {
    const thinking = every(50, 20, 1).map((arrival) => ({ ...arrival, atMs: arrival.atMs + 60_000 }));
    expect(classifyDelivery(thinking).kind).toBe('live');
  });

  it('tells the figures behind the verdict', () => {
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
