import { constants, createGzip, type Gzip } from 'node:zlib';
import { type Reply, type WireStep, type WireSteps, writeText } from '../wire/reply.ts';
import { defineFault, stopAfter, stopAfterBytes } from './fault.ts';

/** A slow server. */
export const pause = defineFault({
  description: 'The server waits before the headers, before each event, or both.',
  defaults: { beforeHeadersMs: 0, beforeEventMs: 0, headersFirst: false },
  reply: (reply, { beforeHeadersMs, beforeEventMs, headersFirst }): Reply => ({
    ...reply,
    body: slow(reply.body, beforeHeadersMs, beforeEventMs, headersFirst),
  }),
});

async function* slow(
  body: WireSteps,
  beforeHeadersMs: number,
  beforeEventMs: number,
  headersFirst: boolean,
): AsyncGenerator<WireStep> {
  if (beforeHeadersMs > 0) yield { type: 'wait', ms: beforeHeadersMs };
  if (headersFirst) yield { type: 'head' };
  for await (const step of body) {
    if (step.type === 'write' && beforeEventMs > 0) yield { type: 'wait', ms: beforeEventMs };
    yield step;
  }
}

/** A connection that stays open without sending anything. */
export const silence = defineFault({
  description:
    'The server sends some events, or exactly `afterBytes` bytes if that is not 0, and then nothing, and the connection stays open. Without `headers` it sends nothing at all.',
  defaults: { afterEvents: 0, headers: true, afterBytes: 0 },
  reply(reply, { afterEvents, headers, afterBytes }, context): Reply {
    const ending = function* (): Generator<WireStep> {
      if (headers) yield { type: 'head' };
      yield { type: 'hang' };
    };
    const body = headers ? reply.body : [];
    return {
      ...reply,
      body: afterBytes > 0 ? stopAfterBytes(body, afterBytes, ending) : stopAfter(body, afterEvents, context, ending),
    };
  },
});

/** A connection that sends only comments. */
export const keepAlive = defineFault({
  description: 'After some events the server sends only comments, at a fixed interval and without end.',
  defaults: { afterEvents: 1, everyMs: 100, comment: 'keep-alive' },
  reply: (reply, { afterEvents, everyMs, comment }, context): Reply => ({
    ...reply,
    body: stopAfter(reply.body, afterEvents, context, function* (): Generator<WireStep> {
      for (;;) {
        yield { type: 'wait', ms: Math.max(1, everyMs) };
        yield writeText(`: ${comment}\r\n\r\n`);
      }
    }),
  }),
});

/** A proxy that collects the whole body and forwards it at the end, with its length. */
export const buffered = defineFault({
  description: 'The whole body is held back and arrives in one write at the end.',
  defaults: { contentLength: true },
  reply: (reply, { contentLength }): Reply => ({ ...reply, body: collect(reply.body, contentLength) }),
});

async function* collect(body: WireSteps, contentLength: boolean): AsyncGenerator<WireStep> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const step of body) {
    if (step.type === 'write') {
      chunks.push(step.bytes);
      bytes += step.bytes.byteLength;
    } else if (step.type !== 'head') {
      yield step;
    }
  }
  if (contentLength) yield { type: 'headers', headers: { 'content-length': `${bytes}` } };
  if (bytes > 0) yield { type: 'write', bytes: Buffer.concat(chunks) };
}

/** A proxy that forwards its buffer when it is full, even inside an event. */
export const byteBuffer = defineFault({
  description: 'Bytes arrive in blocks of a fixed size, as from a proxy with a buffer.',
  defaults: { bytes: 4_096 },
  reply: (reply, { bytes }): Reply => ({ ...reply, body: regroup(reply.body, Math.max(1, bytes)) }),
});

async function* regroup(body: WireSteps, size: number): AsyncGenerator<WireStep> {
  let held = Buffer.alloc(0);
  for await (const step of body) {
    if (step.type !== 'write') {
      yield step;
      continue;
    }
    held = Buffer.concat([held, step.bytes]);
    for (; held.length >= size; held = held.subarray(size)) yield { type: 'write', bytes: held.subarray(0, size) };
  }
  if (held.length > 0) yield { type: 'write', bytes: held };
}

/** A compressor between model and client. Without flushing it holds events back until its buffer is full. */
export const gzip = defineFault({
  description: 'The body is compressed. Without a flush after each event, most of it arrives at the end.',
  defaults: { flush: false },
  reply: (reply, { flush }): Reply => ({
    ...reply,
    headers: { ...reply.headers, 'content-encoding': 'gzip', vary: 'accept-encoding' },
    body: compress(reply.body, flush),
  }),
});

async function* compress(body: WireSteps, flush: boolean): AsyncGenerator<WireStep> {
  const compressor = createGzip();
  const ready: Buffer[] = [];
  compressor.on('data', (bytes: Buffer) => ready.push(bytes));
  for await (const step of body) {
    if (step.type !== 'write') {
      yield step;
      continue;
    }
    await feed(compressor, step.bytes);
    if (flush) await flushed(compressor);
    yield* drain(ready);
  }
  await new Promise<void>((resolve) => {
    compressor.once('end', resolve);
    compressor.end();
  });
  yield* drain(ready);
}

function* drain(ready: Buffer[]): Generator<WireStep> {
  for (const bytes of ready.splice(0)) yield { type: 'write', bytes };
}

function feed(compressor: Gzip, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    compressor.write(bytes, () => resolve());
  });
}

function flushed(compressor: Gzip): Promise<void> {
  return new Promise((resolve) => {
    compressor.flush(constants.Z_SYNC_FLUSH, () => resolve());
  });
}

const blockBytes = 64 * 1024;
const eventBytes = 1024;

/** More data than a client can keep in memory. */
export const flood = defineFault({
  description:
    "A flood follows some events, as fast as the client reads: one data line ('line'), comments ('comments') or events of 1 KiB ('events'). With 0 megabytes it never ends.",
  defaults: { afterEvents: 1, what: 'line', megabytes: 96 },
  reply: (reply, { afterEvents, what, megabytes }, context): Reply => {
    const { 'content-length': _, ...headers } = reply.headers;
    return {
      ...reply,
      headers,
      body: stopAfter(reply.body, afterEvents, context, function* (): Generator<WireStep> {
        const block = writeText(blockOf(what));
        if (what === 'line') yield writeText('data: {"text":"');
        const blocks = megabytes === 0 ? Infinity : (megabytes * 1024 * 1024) / blockBytes;
        for (let sent = 0; sent < blocks; sent += 1) yield block;
      }),
    };
  },
});

function blockOf(what: string): string {
  if (what === 'comments') return ': still here\r\n\r\n'.repeat(blockBytes / 16);
  if (what === 'events') return eventOf(eventBytes).repeat(blockBytes / eventBytes);
  return 'x'.repeat(blockBytes);
}

/** Returns one event of exactly this size. */
function eventOf(bytes: number): string {
  const head = 'data: {"candidates":[{"content":{"parts":[{"text":"';
  const tail = '"}],"role":"model"},"index":0}]}\r\n\r\n';
  return head + 'x'.repeat(bytes - head.length - tail.length) + tail;
}
