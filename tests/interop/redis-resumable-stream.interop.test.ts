import { createResumableStreamContext, type ResumableStreamContext } from '@gemini/stream-log-redis/resumable-stream';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { createClient } from 'redis';
import { createResumableStreamContext as createTheirs } from 'resumable-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaseMs } from './redis/redis-nodes.ts';
import { startProxy } from './redis/redis-proxy.ts';
import { type RedisServer, startRedis } from './redis/redis-server.ts';

let redis: RedisServer;
beforeAll(async () => void (redis = await startRedis()));
afterAll(() => redis[Symbol.asyncDispose]());

type Contract = Pick<
  ResumableStreamContext,
  'resumableStream' | 'createNewResumableStream' | 'resumeExistingStream' | 'hasExistingStream'
>;

/** A process: a context with clients of its own. */
interface Process {
  readonly context: Contract;
  readonly close: () => Promise<void>;
}

const url = (): string => `redis://127.0.0.1:${redis.port}`;
const pending = new Set<Promise<unknown>>();
const waitUntil = (promise: Promise<unknown>): void => void pending.add(promise);

async function connected() {
  const client = createClient({ url: url() });
  client.on('error', () => {});
  await client.connect();
  return client;
}

const implementations: Readonly<Record<string, () => Promise<Process>>> = {
  'resumable-stream': async () => {
    const [publisher, subscriber] = await Promise.all([connected(), connected()]);
    return {
      context: createTheirs({ waitUntil, publisher, subscriber }),
      async close() {
        // Its commands may still be on their way.
        await Promise.all([publisher.close(), subscriber.close()]);
      },
    };
  },
  '@gemini/stream-log-redis over redis': async () => {
    const publisher = await connected();
    const context = createResumableStreamContext({ waitUntil, publisher, leaseMs });
    return { context, close: () => context.close().then(() => publisher.destroy()) };
  },
  '@gemini/stream-log-redis over ioredis': async () => {
    const publisher = new Redis(redis.port, '127.0.0.1', { lazyConnect: true });
    const context = createResumableStreamContext({ waitUntil, publisher, subscriber: publisher, leaseMs });
    return { context, close: () => context.close().then(() => publisher.disconnect()) };
  },
};

/** A stream that the test writes. */
function written() {
  const { readable, writable } = new TransformStream<string, string>(undefined, undefined, { highWaterMark: 100 });
  const writer = writable.getWriter();
  let makesCount = 0;
  return {
    make: () => {
      makesCount += 1;
      return readable;
    },
    write: (...texts: string[]) => Promise.all(texts.map((text) => writer.write(text))),
    close: () => writer.close(),
    abort: (error: Error) => writer.abort(error),
    closed: writer.closed,
    makesCount: () => makesCount,
  };
}

async function textOf(stream: ReadableStream<string> | null | undefined): Promise<string> {
  if (!stream) throw new Error(`there is no stream, but ${stream}`);
  let text = '';
  for await (const piece of stream) text += piece;
  return text;
}

/** Resolves when a stream has given so many characters. */
async function read(stream: ReadableStream<string> | null | undefined, count: number): Promise<() => Promise<string>> {
  if (!stream) throw new Error(`there is no stream, but ${stream}`);
  const reader = stream.getReader();
  let text = '';
  const more = async (): Promise<boolean> => {
    const { done, value = '' } = await reader.read();
    text += value;
    return !done;
  };
  while (text.length < count) if (!(await more())) break;
  return async () => {
    while (await more());
    return text;
  };
}

describe.for(Object.keys(implementations))('the contract, by %s', (name) => {
  async function open(): Promise<{ one: Contract; other: Contract } & AsyncDisposable> {
    const processes = [await implementations[name]?.(), await implementations[name]?.()] as [Process, Process];
    return {
      one: processes[0].context,
      other: processes[1].context,
      async [Symbol.asyncDispose]() {
        await Promise.allSettled(pending);
        await Promise.all(processes.map(({ close }) => close()));
      },
    };
  }

  it('a new stream has its text, and is completed although its reader leaves', async () => {
    await using processes = await open();
    const id = randomUUID();
    const source = written();
    const stream = await processes.one.createNewResumableStream(id, source.make);
    await source.write('one ', 'two ');
    const rest = await read(stream, 4);
    const resumed = await processes.other.resumeExistingStream(id);
    const reading = textOf(resumed);
    await source.write('three');
    await source.close();
    expect(await reading).toBe('one two three');
    expect(await rest()).toBe('one two three');
  });

  it('a stream continues from a character, also in the middle of a chunk, and past the last one', async () => {
    await using processes = await open();
    const id = randomUUID();
    const source = written();
    const own = textOf(await processes.one.createNewResumableStream(id, source.make));
    await source.write('one ', 'two ');
    const [middle, end] = await Promise.all([
      processes.other.resumeExistingStream(id, 5),
      processes.other.resumeExistingStream(id, 8),
    ]);
    const readings = [textOf(middle), textOf(end)];
    await source.write('three');
    await source.close();
    expect(await Promise.all(readings)).toEqual(['wo three', 'three']);
    expect(await own).toBe('one two three');
  });

  it('the same id makes one stream, whichever process asks first', async () => {
    await using processes = await open();
    const id = randomUUID();
    const source = written();
    const first = textOf(await processes.one.resumableStream(id, source.make));
    await source.write('one ');
    const second = textOf(await processes.other.resumableStream(id, source.make));
    const third = textOf(await processes.other.resumableStream(id, source.make, 2));
    await source.write('two');
    await source.close();
    expect(await Promise.all([first, second, third])).toEqual(['one two', 'one two', 'e two']);
    expect(source.makesCount()).toBe(1);
  });

  it('a stream that is done is null, one that never was is undefined, and both can be asked for', async () => {
    await using processes = await open();
    const id = randomUUID();
    const source = written();
    expect(await processes.other.resumeExistingStream(id)).toBeUndefined();
    expect(await processes.other.hasExistingStream(id)).toBeNull();
    const own = textOf(await processes.one.createNewResumableStream(id, source.make));
    expect(await processes.other.hasExistingStream(id)).toBe(true);
    await source.write('one');
    await source.close();
    expect(await own).toBe('one');
    await Promise.allSettled(pending);
    expect(await processes.other.hasExistingStream(id)).toBe('DONE');
    expect(await processes.other.resumeExistingStream(id)).toBeNull();
    expect(await processes.other.resumableStream(id, source.make)).toBeNull();
    expect(source.makesCount()).toBe(1);
  });

  it('waitUntil is called with a promise that settles when the stream has ended', async () => {
    await using processes = await open();
    const source = written();
    pending.clear();
    const own = textOf(await processes.one.createNewResumableStream(randomUUID(), source.make));
    let isSettled = false;
    const all = Promise.all(pending).then(() => (isSettled = true));
    await source.write('one');
    expect([pending.size > 0, isSettled]).toEqual([true, false]);
    await source.close();
    await Promise.all([own, all]);
  });
});

describe('beyond the contract', () => {
  it('a stream of a server without waitUntil is known to be done, long after its events are gone', async ({
    signal,
  }) => {
    await using one = await open();
    const id = randomUUID();
    const source = written();
    const text = textOf(await one.createNewResumableStream(id, source.make));
    await source.close();
    await text;
    const reader = await connected();
    const doneKey = `resumable-stream:{${id}}:done`;
    while ((await reader.get(doneKey)) === null) signal.throwIfAborted();
    const events = (await reader.keys(`*{${id}}*`)).filter((key) => key !== doneKey);
    expect(await reader.del(events)).toBeGreaterThan(0);
    await reader.close();
    await using other = await open();
    expect(await other.hasExistingStream(id)).toBe('DONE');
    expect(await other.resumableStream(id, source.make)).toBeNull();
    expect(source.makesCount()).toBe(1);
  });

  async function open(more: { port?: number } = {}) {
    const publisher = createClient({ url: `redis://127.0.0.1:${more.port ?? redis.port}` });
    publisher.on('error', () => {});
    // It is connected by the context.
    const context = createResumableStreamContext({ waitUntil: null, publisher, leaseMs });
    return Object.assign(context, {
      async [Symbol.asyncDispose]() {
        await context.close();
        if (publisher.isOpen) publisher.destroy();
      },
    });
  }

  it('stop ends a stream from any process, and cancels its source with the reason', async () => {
    await using one = await open();
    await using other = await open();
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const waiting = new ReadableStream<string>({
      start: (controller) => controller.enqueue('one'),
      cancel: resolve,
    });
    const own = textOf(await one.createNewResumableStream(id, () => waiting));
    expect(await other.stop(id, 'enough')).toBe(true);
    expect(await own).toBe('one');
    expect(await promise).toBe('enough');
    expect(await other.stop(id)).toBe(false);
    expect(await other.stop(randomUUID())).toBe(false);
    expect(await other.resumeExistingStream(id)).toBeNull();
  });

  it('a second new stream with a running id is refused, in the same process and in another', async () => {
    await using one = await open();
    await using other = await open();
    const id = randomUUID();
    const source = written();
    const own = textOf(await one.createNewResumableStream(id, source.make));
    for (const context of [one, other]) {
      await expect(context.createNewResumableStream(id, source.make)).rejects.toMatchObject({ code: 'duplicate-id' });
    }
    expect(source.makesCount()).toBe(1);
    await source.close();
    await own;
  });

  it('an error of the source reaches every reader, after the text so far', async () => {
    await using one = await open();
    await using other = await open();
    const id = randomUUID();
    const source = written();
    const own = await read(await one.createNewResumableStream(id, source.make), 0);
    await source.write('one');
    const far = await read(await other.resumeExistingStream(id), 3);
    source.closed.catch(() => undefined);
    await source.abort(new Error('the model is away'));
    await expect(own()).rejects.toThrow('the model is away');
    await expect(far()).rejects.toThrow('the model is away');
    const bytes = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) });
    const wrong = await one.createNewResumableStream(randomUUID(), () => bytes as ReadableStream<string>);
    await expect(textOf(wrong)).rejects.toThrow('expected a stream of strings, got object');
  });

  it('a producer that is lost is an error of its readers, within two leases', async () => {
    await using network = await startProxy(redis.port);
    await using one = await open({ port: network.port });
    await using other = await open();
    const id = randomUUID();
    const source = written();
    const own = await read(await one.createNewResumableStream(id, source.make), 0);
    await source.write('one');
    const far = await read(await other.resumeExistingStream(id), 3);
    network.freeze();
    await expect(far()).rejects.toMatchObject({ code: 'producer-lost' });
    network.thaw();
    await source.write('two');
    await expect(own()).rejects.toMatchObject({ code: 'producer-lost' });
  });

  it('a lost connection, a flushed Redis and a slow reader lose and double nothing', async () => {
    await using network = await startProxy(redis.port);
    await using one = await open({ port: network.port });
    await using other = await open();
    const id = randomUUID();
    const source = written();
    const own = textOf(await one.createNewResumableStream(id, source.make));
    const slow = await other.resumeExistingStream(id);
    const fast = textOf(await other.resumeExistingStream(id));
    const all: string[] = [];
    for (let count = 0; count < 60; count += 1) {
      all.push(`${count} `);
      await source.write(`${count} `);
      if (count === 20) network.drop();
      if (count === 40) await redis.command('FLUSHALL');
    }
    await source.close();
    const texts = await Promise.all([own, fast, textOf(slow)]);
    for (const text of texts) expect(text).toBe(all.join(''));
  });

  it('the client is made for REDIS_URL, once for all contexts', async () => {
    process.env['REDIS_URL'] = url();
    const contexts = [1, 2].map(() => createResumableStreamContext({ waitUntil: null, leaseMs }));
    const id = randomUUID();
    const source = written();
    const own = textOf(await contexts[0]?.createNewResumableStream(id, source.make));
    expect(await contexts[1]?.hasExistingStream(id)).toBe(true);
    await source.close();
    await own;
    await contexts[0]?.close();
    delete process.env['REDIS_URL'];
    const without = createResumableStreamContext({ waitUntil: null });
    await expect(without.hasExistingStream(id)).rejects.toThrow('REDIS_URL');
  });
});
