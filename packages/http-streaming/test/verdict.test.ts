import { createEmulator, type Fault } from '@gemini/emulator';
import { classifyDelivery, openEventStream, type DeliveryVerdict } from '@gemini/http-streaming';
import { describe, expect, it } from 'vitest';
import { requestTo } from './outcome-of.ts';

/** The verdict on thirty events, one every 15 ms, that something between the server and us has done something to. */
const verdictOn = async (...between: readonly Fault[]): Promise<DeliveryVerdict> => {
  const scenario: readonly Fault[] = [
    { type: 'many-pieces', count: 30 },
    { type: 'pause', beforeEventMs: 15, headersFirst: true },
    ...between,
  ];
  await using emulator = await createEmulator({ scenario });
  const stream = await openEventStream(requestTo(emulator.url));
  for await (const event of stream) expect(event.data).not.toBe('');
  return stream.verdict();
};

describe.concurrent('the verdict over a socket', () => {
  it.for<[string, Fault, Partial<DeliveryVerdict>]>([
    ['a proxy that collects the body', { type: 'buffered' }, { kind: 'buffered', cause: 'collected-body' }],
    ['a compressor without a flush', { type: 'gzip', flush: false }, { kind: 'buffered', cause: 'compression' }],
    ['a proxy that fills a buffer', { type: 'byte-buffer', bytes: 4_096 }, { kind: 'partial', cause: 'proxy-buffer' }],
  ])('names %s', async ([, fault, expected]) => {
    expect(await verdictOn(fault)).toMatchObject(expected);
  });

  it.for<[string, readonly Fault[]]>([
    ['nothing', []],
    ['a compressor that flushes', [{ type: 'gzip', flush: true }]],
    ['a proxy that cuts every event', [{ type: 'split-writes', bytes: 64, pauseMs: 0 }]],
  ])('reports no cause for %s', async ([, faults]) => {
    const { kind, cause } = await verdictOn(...faults);
    // A busy machine may see two events at once, but half of one only by chance.
    expect(['live', 'bursty']).toContain(kind);
    expect(cause).toBeUndefined();
  });
});

it('the stream returns the arrivals behind its verdict', async () => {
  await using emulator = await createEmulator({ scenario: [{ type: 'many-pieces', count: 30 }] });
  const stream = await openEventStream(requestTo(emulator.url));
  for await (const event of stream) expect(event.data).not.toBe('');
  const arrivals = stream.arrivals();
  const sum = (what: 'bytes' | 'events'): number => arrivals.reduce((total, arrival) => total + arrival[what], 0);
  expect({ bytesCount: sum('bytes'), eventsCount: sum('events') }).toEqual({
    bytesCount: stream.timing.bytesCount,
    eventsCount: 30,
  });
  expect(arrivals[0]?.atMs).toBeGreaterThan(0);
  expect(classifyDelivery(arrivals, stream.headers)).toEqual(stream.verdict());
  arrivals.length = 0;
  expect(stream.arrivals()).not.toEqual([]);
});
