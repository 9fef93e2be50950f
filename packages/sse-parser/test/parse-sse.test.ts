import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSse, type SseEvent, type SseSource } from '../src/index.ts';
import { cutBytes, cutsOf, eventStreamBytes } from './event-streams.ts';
import { inPiecesOf, parseAll, toBytes, toldBy } from './parse-all.ts';

const wire = 'data: a\n\nevent: e\nid: 1\ndata: b 🧭\n\ndata: c\n\n';
const expected = [{ data: 'a' }, { event: 'e', id: '1', data: 'b 🧭' }, { data: 'c' }];
const pieces = (): Uint8Array[] => [...inPiecesOf(9, toBytes(wire))];

const collect = async (events: AsyncIterable<SseEvent>): Promise<SseEvent[]> => {
  const collected: SseEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
};

/** A source that counts its reads, and waits for ever after its last chunk. */
const createSource = (...chunks: readonly (Uint8Array | string)[]) => {
  const calls: string[] = [];
  const left = [...chunks];
  const iterator: AsyncIterator<Uint8Array | string> = {
    next: () => {
      calls.push('next');
      const value = left.shift();
      return value === undefined ? new Promise(() => {}) : Promise.resolve({ done: false, value });
    },
    return: () => {
      calls.push('return');
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return { calls, [Symbol.asyncIterator]: () => iterator };
};

async function* failing(): AsyncGenerator<string> {
  yield 'data: a\n\ndata: b\n\ndata: c';
  throw new Error('gone');
}

/** A server that sends one event and then nothing. */
const startServer = async () => {
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: a\n\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    server,
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

describe('parseSse', () => {
  const sources: readonly [string, () => SseSource][] = [
    [
      'an async generator of bytes',
      () =>
        (async function* () {
          yield* pieces();
        })(),
    ],
    [
      'an async generator of text',
      () =>
        (async function* () {
          yield* wire.match(/.{1,9}/gsu) ?? [];
        })(),
    ],
    ['a Node stream of bytes', () => Readable.from(pieces())],
    ['a Node stream of text', () => Readable.from([wire], { encoding: 'utf8' })],
    ['a web stream of bytes', () => new Blob([wire]).stream()],
    ['a web stream of text', () => new Blob([wire]).stream().pipeThrough(new TextDecoderStream())],
    ['the body of a response', () => new Response(wire).body ?? ([] as never)],
  ];

  it.for(sources)('reads %s', async ([, open]) => {
    expect(await collect(parseSse(open()))).toEqual(expected);
  });

  it('returns the events of a push parser for any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(eventStreamBytes, cutsOf, async (bytes, cuts) => {
        const source = (async function* () {
          yield* cutBytes(bytes, cuts);
        })();
        expect(await collect(parseSse(source, { lastEvent: 'emit' }))).toEqual(
          toldBy(parseAll([bytes], { lastEvent: 'emit' }), 'event'),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('reports comments, ids, delays and texts while it reads', async () => {
    const told: unknown[] = [];
    const tell = (value: unknown): void => {
      told.push(value);
    };
    const source = Readable.from(['what\n: ping\nretry: 5\nid: 1\n\ndata: a']);
    const events = parseSse(source, { onComment: tell, onId: tell, onRetry: tell, onText: tell, lastEvent: 'emit' });
    expect(await collect(events)).toEqual([{ data: 'a', unterminated: true }]);
    expect(told).toEqual(['what', 'ping', 5, '1']);
  });

  it('reads a chunk only after the events of the last one', async () => {
    const source = createSource('data: a\n\ndata: b\n\n', 'data: c\n\n');
    const events = parseSse(source);
    expect(source.calls).toEqual([]);
    for (const data of ['a', 'b']) expect(await events.next()).toEqual({ done: false, value: { data } });
    expect(source.calls).toEqual(['next']);
    expect(await events.next()).toEqual({ done: false, value: { data: 'c' } });
    expect(source.calls).toEqual(['next', 'next']);
  });

  it('answers concurrent calls of next in their order', async () => {
    const events = parseSse(Readable.from(['data: a\n\ndata: b\n\n', ': ping\n', 'data: c\n\n']));
    const results = await Promise.all([events.next(), events.next(), events.next(), events.next(), events.next()]);
    expect(results.map((result) => result.value?.data)).toEqual(['a', 'b', 'c', undefined, undefined]);
    expect(results.map((result) => result.done)).toEqual([false, false, false, true, true]);
  });

  it('releases the source when the loop is left', async () => {
    const source = createSource('data: a\n\ndata: b\n\n');
    for await (const event of parseSse(source)) {
      expect(event).toEqual({ data: 'a' });
      break;
    }
    expect(source.calls).toEqual(['next', 'return']);
  });

  it('releases the source at a return while a next is pending', async () => {
    const source = createSource('data: a\n\n');
    const events = parseSse(source);
    await events.next();
    const pending = [events.next(), events.next()];
    expect(await events.return?.()).toEqual({ done: true, value: undefined });
    expect(await Promise.all(pending)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    expect(source.calls).toEqual(['next', 'next', 'return']);
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(await events.return?.()).toEqual({ done: true, value: undefined });
    expect(source.calls).toHaveLength(3);
  });

  it('does not wait for a source whose return waits for a pending read', async () => {
    let isOver = false;
    const events = parseSse(
      (async function* () {
        try {
          yield 'data: a\n\n';
          await new Promise(() => {});
        } finally {
          isOver = true;
        }
      })(),
    );
    await events.next();
    const pending = events.next();
    expect(await events.return?.()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(isOver).toBe(false);
  });

  it('drops a chunk that arrives after the return', async () => {
    const { promise, resolve } = Promise.withResolvers<IteratorResult<string>>();
    const events = parseSse({ [Symbol.asyncIterator]: () => ({ next: () => promise }) });
    const pending = events.next();
    await events.return?.();
    expect((await pending).done).toBe(true);
    resolve({ done: false, value: 'data: a\n\n' });
    await promise;
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('cancels a web stream at a return while a next is pending', async () => {
    let reason: unknown = 'not cancelled';
    const source = new ReadableStream<string>({
      start: (controller) => controller.enqueue('data: a\n\n'),
      cancel: (given) => {
        reason = given;
      },
    });
    const events = parseSse(source);
    await events.next();
    const pending = events.next();
    await events.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(reason).toBeUndefined();
  });

  it('closes a socket at a return while a next is pending', async () => {
    await using running = await startServer();
    const requested = once(running.server, 'request');
    const [response] = (await once(get(running.url), 'response')) as [IncomingMessage];
    const [, serverResponse] = (await requested) as [unknown, IncomingMessage];
    const closed = once(serverResponse, 'close');
    const events = parseSse(response);
    expect(await events.next()).toEqual({ done: false, value: { data: 'a' } });
    const pending = events.next();
    await events.return?.();
    expect(await pending).toEqual({ done: true, value: undefined });
    await closed;
  });

  it('closes the socket of a fetch when the loop is left', async () => {
    await using running = await startServer();
    const requested = once(running.server, 'request');
    const { body } = await fetch(running.url);
    const [, serverResponse] = (await requested) as [unknown, IncomingMessage];
    const closed = once(serverResponse, 'close');
    if (body === null) throw new Error('The response has no body.');
    for await (const event of parseSse(body)) {
      expect(event).toEqual({ data: 'a' });
      break;
    }
    await closed;
  });

  it('destroys a Node stream that nothing was read from', async () => {
    const source = new Readable({ read: () => {} });
    const closed = once(source, 'close');
    await parseSse(source).return?.();
    await closed;
    expect(source.destroyed).toBe(true);
  });

  it('handles a Node stream that emits an error when it is destroyed', async () => {
    const complaining = () =>
      new Readable({ read: () => {}, destroy: (_error, callback) => callback(new Error('not read to the end')) });
    const unread = complaining();
    // `once` would listen to the error too.
    const closed = new Promise((resolve) => {
      unread.on('close', resolve);
    });
    await parseSse(unread).return?.();
    await closed;

    const events = parseSse(complaining());
    const pending = events.next();
    await events.return?.();
    expect((await pending).done).toBe(true);
  });

  it.for([
    ['the source', failing, 'gone'],
    ['a callback', () => Readable.from(['data: a\n\ndata: b\n\n: ping\n']), 'mistake'],
  ] as const)('throws the error of %s after the events in front of it, once', async ([, open, message]) => {
    const events = parseSse(open(), {
      onComment: () => {
        throw new Error('mistake');
      },
    });
    expect((await events.next()).value).toEqual({ data: 'a' });
    expect((await events.next()).value).toEqual({ data: 'b' });
    await expect(events.next()).rejects.toThrow(message);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('throws and releases the source when an event is too large', async () => {
    const source = createSource(`data: a\n\ndata: ${'x'.repeat(50)}`);
    const events = parseSse(source, { maxEventBytes: 20 });
    expect((await events.next()).value).toEqual({ data: 'a' });
    await expect(events.next()).rejects.toMatchObject({ code: 'event-too-large', limit: 20, received: 56 });
    expect(source.calls).toEqual(['next', 'return']);
  });

  it('throws and releases the source at a chunk that is neither bytes nor text', async () => {
    const source = createSource({ data: 'a' } as never);
    await expect(parseSse(source).next()).rejects.toThrow(TypeError);
    expect(source.calls).toEqual(['next', 'return']);
  });

  it('ends with the reason of an abort, and releases the source', async () => {
    const controller = new AbortController();
    const source = createSource('data: a\n\ndata: b\n\n');
    const events = parseSse(source, { signal: controller.signal });
    await events.next();
    await events.next();
    const pending = events.next();
    controller.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
    expect(source.calls).toEqual(['next', 'next', 'return']);
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('reads nothing if the signal is already aborted, and drops waiting events at an abort', async () => {
    const unread = createSource('data: a\n\n');
    await expect(parseSse(unread, { signal: AbortSignal.abort(new Error('enough')) }).next()).rejects.toThrow('enough');
    expect(unread.calls).toEqual(['return']);

    for (const source of [createSource('data: a\n\ndata: b\n\n'), Readable.from(['data: a\n\n', 'data: b'])]) {
      const controller = new AbortController();
      const events = parseSse(source, { signal: controller.signal });
      await events.next();
      controller.abort(new Error('enough'));
      await expect(events.next()).rejects.toThrow('enough');
    }
  });

  it('ends at an abort also between the last event and the end', async () => {
    const controller = new AbortController();
    const source = Readable.from(['data: a\n\n', 'data: b\n\ndata: c']);
    const events = parseSse(source, { signal: controller.signal, lastEvent: 'emit' });
    const results = [events.next(), events.next(), events.next()];
    expect((await Promise.all(results)).map((result) => result.value?.data)).toEqual(['a', 'b', 'c']);
    controller.abort(new Error('enough'));
    await expect(events.next()).rejects.toThrow('enough');
  });

  it('unlocks a web stream that it has read to the end', async () => {
    const source = new Blob([wire]).stream();
    await collect(parseSse(source));
    expect(source.locked).toBe(false);
  });

  it.for([undefined, null, 'data: a\n\n', ['data: a\n\n'], {}])('refuses an invalid source: %o', (source) => {
    expect(() => parseSse(source as never)).toThrow(TypeError);
  });
});
