import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createStreamManager, type StreamSink, type StreamSource } from '../src/index.ts';
import { manualSource } from './manual-source.ts';
import { readAll } from './read-all.ts';

describe('a pulled source', () => {
  it('a pulled source delivers, and its return value is the result', async () => {
    const stream = createStreamManager<number, string>().start(async function* () {
      yield 1;
      yield 2;
      return 'both';
    });
    expect(await readAll(stream)).toEqual([1, 2]);
    expect(await stream.ended).toEqual({ status: 'completed', result: 'both', eventsCount: 2 });
  });

  it('a pulled source may be a promise, and may end without events', async () => {
    const stream = createStreamManager<number>().start(
      async () => new ReadableStream<number>({ start: (c) => c.close() }),
    );
    expect(await readAll(stream)).toEqual([]);
    expect(await stream.ended).toMatchObject({ status: 'completed', eventsCount: 0 });
  });

  it('a pulled source is called in the turn of its start', () => {
    const calls: string[] = [];
    const manager = createStreamManager<number>();
    manager.start(
      ({ id }) => {
        calls.push(id);
        return new ReadableStream<number>();
      },
      { id: 'mine' },
    );
    expect(calls).toEqual(['mine']);
  });

  it('a pulled source that hangs is left when the stream is stopped', async () => {
    let isLeft = false;
    const hanging: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          isLeft = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const stream = createStreamManager<number>().start(() => hanging);
    await new Promise((resolve) => setImmediate(resolve));
    stream.stop('enough');
    expect(isLeft).toBe(true);
    expect(await stream.ended).toEqual({ status: 'stopped', reason: 'enough', eventsCount: 0 });
  });

  it('a pulled source that arrives after the stop is left unread', async () => {
    const given = Promise.withResolvers<AsyncIterable<number>>();
    const left = Promise.withResolvers<void>();
    const stream = createStreamManager<number>().start(() => given.promise);
    stream.stop();
    given.resolve({
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('was read')),
        return: async () => {
          left.resolve();
          return { done: true, value: undefined };
        },
      }),
    });
    await left.promise;
    expect(stream.info()).toMatchObject({ status: 'stopped', eventsCount: 0 });
  });

  it('an event that a pulled source yields after its abort is counted, not delivered', async () => {
    const late = Promise.withResolvers<void>();
    const manager = createStreamManager<number>();
    const stream = manager.start(async function* () {
      yield 1;
      await late.promise;
      yield 2;
    });
    const reading = readAll(stream);
    while (stream.info().eventsCount === 0) await new Promise((resolve) => setImmediate(resolve));
    stream.stop();
    late.resolve();
    expect(await reading).toEqual([1]);
    while (manager.stats().lateEvents === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(manager.stats()).toMatchObject({ lateEvents: 1, events: 1, stopped: 1 });
  });
});

const mine = new Error('mine');
describe('a source that fails', () => {
  it.for<[string, StreamSource<number>]>([
    [
      'throws as a function',
      () => {
        throw mine;
      },
    ],
    ['rejects its promise', () => Promise.reject(mine)],
    [
      'throws between events',
      async function* () {
        yield 1;
        throw mine;
      },
    ],
    [
      'throws in start',
      {
        start() {
          throw mine;
        },
      },
    ],
    ['rejects in start', { start: () => Promise.reject(mine) }],
    ['calls fail', { start: (sink: StreamSink<number>) => sink.fail(mine) }],
  ])('a source that %s fails its stream, with the error unchanged', async ([, source]) => {
    const stream = createStreamManager<number>().start(source);
    expect(await stream.ended).toMatchObject({ status: 'failed', error: mine });
    expect(stream.info()).toMatchObject({ status: 'failed', error: mine });
  });

  it('a value that is not a source is a TypeError', async () => {
    const manager = createStreamManager<number>();
    // @ts-expect-error a source is a function or has a start
    expect(() => manager.start({})).toThrow(TypeError);
    const stream = manager.start((() => [1, 2]) as unknown as StreamSource<number>);
    expect(await stream.ended).toMatchObject({
      status: 'failed',
      error: new TypeError('stream source: expected an AsyncIterable, got object'),
    });
  });
});

describe('a push source', () => {
  it('a push source is started once, in this turn, and can end while it starts', () => {
    const manager = createStreamManager<number, string>({ maxStreams: 1 });
    for (let count = 0; count < 3; count += 1) {
      const stream = manager.start({
        start(sink) {
          sink.push(1);
          sink.end('at once');
        },
      });
      expect(stream.info()).toMatchObject({ status: 'completed', eventsCount: 1 });
    }
  });

  it('a push after the end is counted and reported, and never throws', () => {
    const manual = manualSource();
    const reported: string[] = [];
    const manager = createStreamManager<number>({ onLifecycle: ({ type }) => void reported.push(type) });
    const stream = manager.start(manual);
    manual.sink.end();
    expect(manual.sink.push(1)).toBe(false);
    expect(manager.stats()).toMatchObject({ lateEvents: 1, events: 0 });
    expect(reported).toContain('late-event');
    expect(stream.info().eventsCount).toBe(0);
  });

  it('a push source can add a result while it is stopped', async () => {
    const stream = createStreamManager<number, string>().start({
      start: ({ signal, ...sink }) =>
        signal.addEventListener('abort', () => sink.end(`partial: ${String(signal.reason)}`)),
    });
    stream.stop('enough');
    expect(await stream.ended).toEqual({
      status: 'stopped',
      reason: 'enough',
      result: 'partial: enough',
      eventsCount: 0,
    });
  });

  it('onStop calls back in the turn of the stop, with its reason, and its result is added', async () => {
    const calls: unknown[] = [];
    const stream = createStreamManager<number, string>().start({
      start(sink) {
        sink.onStop((reason) => calls.push(reason));
        sink.onStop((reason) => sink.end(`partial: ${String(reason)}`));
      },
    });
    stream.stop('enough');
    expect(calls).toEqual(['enough']);
    stream.stop('more');
    expect(calls).toEqual(['enough']);
    expect(await stream.ended).toMatchObject({ status: 'stopped', reason: 'enough', result: 'partial: enough' });
  });

  it('onStop calls back at once if the stream was stopped before, and never if it has ended', () => {
    const calls: string[] = [];
    const manager = createStreamManager<number>();
    const stopped = manualSource();
    manager.start(stopped).stop('enough');
    stopped.sink.onStop((reason) => calls.push(`stopped: ${String(reason)}`));
    expect(calls).toEqual(['stopped: enough']);
    const ended = manualSource();
    const stream = manager.start(ended);
    ended.sink.onStop(() => calls.push('ended'));
    ended.sink.end();
    ended.sink.onStop(() => calls.push('ended'));
    stream.stop();
    expect(calls).toEqual(['stopped: enough']);
  });

  it('a callback of onStop that throws is an uncaught error, and the stream is stopped all the same', async () => {
    const manual = manualSource();
    const stream = createStreamManager<number>().start(manual);
    const calls: string[] = [];
    manual.sink.onStop(() => {
      throw mine;
    });
    manual.sink.onStop(() => calls.push('second'));
    const others = process.rawListeners('uncaughtException') as NodeJS.UncaughtExceptionListener[];
    process.removeAllListeners('uncaughtException');
    const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
    stream.stop('enough');
    expect(calls).toEqual(['second']);
    expect(await stream.ended).toMatchObject({ status: 'stopped', reason: 'enough' });
    expect(await uncaught).toBe(mine);
    for (const other of others) process.on('uncaughtException', other);
  });

  it('a push source that stops its stream while it is being stopped changes nothing', async () => {
    const manager = createStreamManager<number>();
    const stream = manager.start(
      { start: ({ signal }) => signal.addEventListener('abort', () => manager.stop('a', 'second')) },
      { id: 'a' },
    );
    stream.stop('first');
    expect(await stream.ended).toMatchObject({ status: 'stopped', reason: 'first' });
    expect(manager.stats().stopped).toBe(1);
  });

  it('a push source can fail with a partial result', async () => {
    const stream = createStreamManager<number, string>().start({ start: (sink) => sink.fail(mine, 'partial') });
    expect(await stream.ended).toEqual({ status: 'failed', error: mine, result: 'partial', eventsCount: 0 });
  });

  it('a source is released when its stream has ended, although the stream is still kept', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    await using manager = createStreamManager<number>();
    const start = () => {
      const source = {
        big: new Uint8Array(1_000),
        start(sink: StreamSink<number>) {
          sink.signal.addEventListener('abort', () => source.big.fill(0));
          sink.onResume(() => source.big.fill(1));
          sink.onStop(() => source.big.fill(2));
          sink.push(1);
          sink.end();
        },
      };
      return { stream: manager.start(source), source: new WeakRef(source) };
    };
    const { stream, source } = start();
    // What a WeakRef was made of stays until the turn is over.
    await turn();
    collect();
    expect(source.deref()).toBeUndefined();
    expect(await readAll(stream)).toEqual([1]);
  });

  it.for(['before', 'after'])('a source that reads its signal %s sizeOf throws is aborted', async (when) => {
    const manual = manualSource();
    const manager = createStreamManager<number>({
      sizeOf() {
        throw mine;
      },
    });
    const stream = manager.start(manual);
    const early = when === 'before' ? manual.sink.signal : undefined;
    expect(manual.sink.push(1)).toBe(false);
    expect((early ?? manual.sink.signal).aborted).toBe(true);
    expect((early ?? manual.sink.signal).reason).toBe(mine);
    expect(await stream.ended).toMatchObject({ status: 'failed', error: mine });
  });
});
