import type { SseEvent } from '@gemini/sse-parser';
import { openEventStream, type EventStreamOptions, type HttpStreamError } from '@gemini/http-streaming';
import { brotliCompressSync, constants, createGzip, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { serveBody, type BodyEnding } from './serve-body.ts';
import { waitFor } from './wait-for.ts';

interface Ended {
  readonly events: readonly SseEvent[];
  readonly isInsideEvent: boolean | undefined;
  readonly error?: HttpStreamError | undefined;
}

/** Reads a body over a socket to its end, which comes after all of it was read. */
async function read(
  body: string | Uint8Array,
  ending: BodyEnding,
  headers?: Readonly<Record<string, string>>,
  options?: EventStreamOptions,
): Promise<Ended> {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  await using server = await serveBody(bytes, ending, headers);
  const limits: EventStreamOptions = ending === 'silence' ? { idleTimeoutMs: 30 } : {};
  const stream = await openEventStream({ url: server.url }, { retry: false, ...limits, ...options });
  const ended = new Promise<Ended>((resolve) => {
    const events: SseEvent[] = [];
    stream.consume({
      event: (event) => events.push(event),
      end: (_bodyEnd, isInsideEvent) => resolve({ events, isInsideEvent }),
      error: (error) => resolve({ events, isInsideEvent: error.isInsideEvent, error }),
    });
  });
  await waitFor(() => stream.timing.bytesCount === bytes.length || stream.timing.endedMs !== undefined);
  server.end();
  return await ended;
}

const whole = 'data: {"a":1}\r\n\r\n';
const endings: readonly BodyEnding[] = ['chunked', 'length', 'close', 'short', 'reset', 'silence'];

describe.for(endings)('a body that ends by %s', (ending) => {
  it.for<[string, string | undefined, boolean]>([
    ['', undefined, false],
    ['\r\n', undefined, false],
    [': a comment', undefined, false],
    [': a comment\n\n', undefined, false],
    [':', undefined, false],
    ['d', undefined, true],
    ['da', undefined, true],
    ['data', undefined, true],
    ['data:', '', true],
    ['data: ', '', true],
    ['data: {"b":', '{"b":', false],
    ['data: {"b":2}', '{"b":2}', false],
    ['data: {"b":2}\r\n', '{"b":2}', false],
    ['event: usage', undefined, true],
    ['id: 7\n', undefined, true],
    ['\xe2\x82', undefined, true],
    ['\xef\xbb', undefined, true],
  ])('after an event and %j gives the last event %j, and is inside an event: %s', async ([rest, last, isInside]) => {
    const { events, isInsideEvent, error } = await read(whole + rest, ending);
    const unterminated = last === undefined ? [] : [{ data: last, unterminated: true }];
    expect(events).toMatchObject([{ data: '{"a":1}' }, ...unterminated]);
    expect(events).toHaveLength(1 + unterminated.length);
    expect(isInsideEvent).toBe(isInside);
    const code = { short: 'connection-lost', reset: 'connection-lost', silence: 'idle-timeout' };
    expect(error?.code).toBe((code as Partial<Record<BodyEnding, string>>)[ending]);
    if (error !== undefined) expect(error.eventsCount).toBe(events.length);
  });

  it.for<[string, readonly string[], boolean]>([
    ['[{"a":1}', ['{"a":1}'], false],
    ['[{"a":1}]', ['{"a":1}'], false],
    ['[{"a":1},', ['{"a":1}'], true],
    ['[{"a":1},\r\n', ['{"a":1}'], true],
    ['[{"a":1}\n,\n{', ['{"a":1}', '{'], false],
    ['[{"a":1},{"b":[', ['{"a":1}', '{"b":['], false],
    ['[{"a":1},{"b":2}', ['{"a":1}', '{"b":2}'], false],
  ])('with the JSON array %j gives %j, and is inside an event: %s', async ([body, elements, isInside]) => {
    const { events, isInsideEvent } = await read(body, ending, { 'content-type': 'application/json' });
    expect(events.map(({ data }) => data)).toEqual(elements);
    expect(isInsideEvent).toBe(isInside);
  });
});

it('is inside an event if the total time limit expires there', async () => {
  const limits = { idleTimeoutMs: 60_000, totalTimeoutMs: 300 };
  const { events, isInsideEvent, error } = await read(`${whole}data: {"b"`, 'silence', {}, limits);
  expect(error?.code).toBe('total-timeout');
  expect(events).toMatchObject([{ data: '{"a":1}' }, { data: '{"b"', unterminated: true }]);
  expect(isInsideEvent).toBe(false);
  const beginning = await read(`${whole}dat`, 'silence', {}, limits);
  expect(beginning).toMatchObject({ isInsideEvent: true, error: { code: 'total-timeout' } });
});

it('reports to an iterator, too, that it ended inside an event', async () => {
  await using server = await serveBody(Buffer.from(`${whole}da`), 'length');
  const stream = await openEventStream({ url: server.url });
  expect(stream.timing.isInsideEvent).toBeUndefined();
  const events: SseEvent[] = [];
  for await (const event of stream) events.push(event);
  expect(events).toHaveLength(1);
  expect(stream.timing.isInsideEvent).toBe(true);
});

it('is inside an event if only comments follow its first line', async () => {
  const limits = { idleTimeoutMs: 60_000, contentIdleTimeoutMs: 30 };
  const { events, isInsideEvent, error } = await read(`${whole}: ping\nevent: x\n`, 'silence', {}, limits);
  expect(error?.code).toBe('content-idle-timeout');
  expect(events).toHaveLength(1);
  expect(isInsideEvent).toBe(true);
});

it('is inside an event if an event is larger than allowed', async () => {
  const { isInsideEvent, error } = await read(
    `${whole}data: ${'x'.repeat(200)}`,
    'chunked',
    {},
    { maxEventBytes: 100 },
  );
  expect(error?.code).toBe('invalid-body');
  expect(isInsideEvent).toBe(true);
});

describe('a compressed body', () => {
  /** The compressed pieces, each flushed after an event; the end of the stream is the last one. */
  async function flushedGzip(events: readonly string[]): Promise<readonly Buffer[]> {
    const gzip = createGzip();
    const pieces: Buffer[] = [];
    let ready: Buffer[] = [];
    gzip.on('data', (bytes: Buffer) => ready.push(bytes));
    for (const event of events) {
      gzip.write(event);
      await new Promise<void>((resolve) => {
        gzip.flush(constants.Z_SYNC_FLUSH, resolve);
      });
      pieces.push(Buffer.concat(ready));
      ready = [];
    }
    await new Promise<void>((resolve) => {
      gzip.once('end', resolve).end();
    });
    return [...pieces, Buffer.concat(ready)];
  }

  it.for<BodyEnding>(['chunked', 'short', 'silence'])(
    'flushed after each event is outside an event only at its flushes and at its end, when it ends by %s',
    async (ending) => {
      const pieces = await flushedGzip([whole, 'data: {"b":2}\n\n', 'data: {"c":"€"}\n\n']);
      const borders = pieces.map((_piece, index) => Buffer.concat(pieces.slice(0, index + 1)).length);
      const body = Buffer.concat(pieces);
      for (const [index, border] of borders.entries()) {
        for (const cut of [border - 2, border - 1, border, border + 1, border + 2]) {
          if (cut > body.length) continue;
          const { events, isInsideEvent } = await read(body.subarray(0, cut), ending, { 'content-encoding': 'gzip' });
          const isOutside = cut === border;
          expect.soft(isInsideEvent, `${ending}, cut ${cut - border} after border ${index}`).toBe(!isOutside);
          if (isOutside) expect(events).toHaveLength(Math.min(3, index + 1));
        }
      }
    },
  );

  it.for([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('in %s is outside an event at its own end, and inside one byte before', async ([coding, compress]) => {
    const body = compress(`${whole}data: {"b":2}\n\n`);
    const headers = { 'content-encoding': coding };
    const complete = await read(body, 'chunked', headers);
    expect(complete).toMatchObject({ isInsideEvent: false, events: [{}, {}] });
    expect(await read(body.subarray(0, -1), 'chunked', headers)).toMatchObject({ isInsideEvent: true });
  });

  it('delivers everything decoded even if the consumer pauses at its end', async () => {
    // Two pieces of what the decoder gives at a time: the second one waits in it while the consumer pauses.
    const count = 1_500;
    const text = Array.from({ length: count }, (_, index) => `data: {"n":${index}}\n\n`).join('');
    await using server = await serveBody(gzipSync(text).subarray(0, -4), 'length', { 'content-encoding': 'gzip' });
    const stream = await openEventStream({ url: server.url }, { retry: false });
    const events: SseEvent[] = [];
    const ended = new Promise<boolean>((resolve, reject) => {
      const control = stream.consume({
        event(event) {
          if (events.push(event) !== 1) return;
          control.pause();
          setTimeout(() => control.resume(), 100);
        },
        end: (_bodyEnd, isInsideEvent) => resolve(isInsideEvent),
        error: reject,
      });
    });
    expect(await ended).toBe(true);
    expect(events).toHaveLength(count);
  });
});
