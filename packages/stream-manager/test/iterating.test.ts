import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createStreamManager } from '../src/index.ts';
import { manualSource } from './manual-source.ts';
import { readAll } from './read-all.ts';

const start = () => {
  const manual = manualSource();
  return { manual, stream: createStreamManager<number>().start(manual, { lingerMs: 0 }) };
};

describe('an iterator', () => {
  it('each iterator gets everything from the start and ends with the stream', async () => {
    const { manual, stream } = start();
    manual.sink.push(1);
    const early = readAll(stream);
    manual.sink.push(2);
    const middle = readAll(stream);
    manual.sink.end();
    const late = readAll(stream);
    expect(await Promise.all([early, middle, late])).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(stream.info().subscribersCount).toBe(0);
  });

  it('calls of next that did not wait are answered in order, also past the end', async () => {
    const { manual, stream } = start();
    const iterator = stream[Symbol.asyncIterator]();
    const asked = [iterator.next(), iterator.next(), iterator.next(), iterator.next()];
    manual.sink.push(1);
    manual.sink.push(2);
    manual.sink.end();
    const answers = await Promise.all(asked);
    expect(answers.map(({ done, value }) => (done === true ? 'done' : value))).toEqual([1, 2, 'done', 'done']);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('a call of next in the turn of an event is answered in order', async () => {
    const { manual, stream } = start();
    const iterator = stream.iterate();
    const asked: Promise<IteratorResult<number, void>>[] = [iterator.next()];
    stream.subscribe(() => asked.push(iterator.next()), { from: 'now' });
    manual.sink.push(1);
    manual.sink.push(2);
    expect((await Promise.all(asked.slice(0, 2))).map(({ value }) => value)).toEqual([1, 2]);
  });

  it('an iterator throws the error of its stream once, after the events', async () => {
    const { manual, stream } = start();
    const iterator = stream.iterate();
    manual.sink.push(1);
    manual.sink.fail(new Error('upstream broke'));
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    await expect(iterator.next()).rejects.toThrow('upstream broke');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('an iterator that waits throws the error of its stream', async () => {
    const { manual, stream } = start();
    const iterator = stream.iterate();
    const waiting = [iterator.next(), iterator.next()];
    manual.sink.fail(new Error('upstream broke'));
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });

  it('an iterator ends quietly when the stream is stopped', async () => {
    const { manual, stream } = start();
    const reading = readAll(stream);
    manual.sink.push(1);
    stream.stop();
    expect(await reading).toEqual([1]);
  });

  it('an iterator that waits can be left at once', async () => {
    const { manual, stream } = start();
    const iterator = stream[Symbol.asyncIterator]();
    const next = iterator.next();
    const left = iterator.return();
    expect(manual.sink.signal.aborted).toBe(true);
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await left).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(stream.info()).toMatchObject({ status: 'stopped', reason: 'no-subscribers', subscribersCount: 0 });
  });

  it('a stream does not keep an iterator that waited and left', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const { manual, stream } = start();
    const staying = stream.iterate().next();
    const leave = (): WeakRef<object> => {
      const iterator = stream.iterate();
      void iterator.next();
      void iterator.return();
      return new WeakRef(iterator);
    };
    const left = leave();
    // The target of a WeakRef stays until the turn is over.
    await turn();
    collect();
    expect(left.deref()).toBeUndefined();
    manual.sink.push(1);
    expect(await staying).toEqual({ done: false, value: 1 });
  });

  it('an iterator leaves with its loop, and only the last one stops a stream that does not linger', async () => {
    const { manual, stream } = start();
    const other = stream.iterate();
    manual.sink.push(1);
    for await (const event of stream) if (event === 1) break;
    expect(stream.info().status).toBe('active');
    await other[Symbol.asyncDispose]();
    expect(stream.info().status).toBe('stopped');
  });

  it('an iterator throws the reason of its signal', async () => {
    const { manual, stream } = start();
    const controller = new AbortController();
    const reading = readAll(stream.iterate({ signal: controller.signal }));
    manual.sink.push(1);
    controller.abort(new Error('changed my mind'));
    await expect(reading).rejects.toThrow('changed my mind');
    await expect(readAll(stream.iterate({ signal: controller.signal }))).rejects.toThrow('changed my mind');
    expect(stream.info().subscribersCount).toBe(0);
  });

  it('an iterator has the position from which another one can continue', async () => {
    const { manual, stream } = start();
    const iterator = stream.iterate();
    expect(iterator.position).toBeUndefined();
    for (const event of [1, 2, 3]) manual.sink.push(event);
    await iterator.next();
    await iterator.next();
    expect((await stream.iterate({ from: iterator.position }).next()).value).toBe(3);
  });
});

describe('a web stream', () => {
  it('a web stream reads everything and closes', async () => {
    const { manual, stream } = start();
    const reading = readAll(stream.toReadableStream());
    manual.sink.push(1);
    manual.sink.push(2);
    manual.sink.end();
    expect(await reading).toEqual([1, 2]);
  });

  it('a web stream reads nothing ahead, so that its reader sets the pace', async () => {
    const manual = manualSource();
    const stream = createStreamManager<number>({ maxLagEvents: 2 }).start(manual);
    const reader = stream.toReadableStream({ onSlow: 'pause' }).getReader();
    expect([1, 2, 3].map((event) => manual.sink.push(event))).toEqual([true, true, false]);
    await reader.cancel();
    expect(stream.info()).toMatchObject({ paused: false, subscribersCount: 0 });
  });

  it('a web stream fails with the stream', async () => {
    const { manual, stream } = start();
    const reading = readAll(stream.toReadableStream());
    manual.sink.fail(new Error('upstream broke'));
    await expect(reading).rejects.toThrow('upstream broke');
  });

  it('a web stream that is cancelled while it waits leaves', async () => {
    const { manual, stream } = start();
    const reader = stream.toReadableStream().getReader();
    const reading = reader.read();
    await reader.cancel();
    expect(await reading).toEqual({ done: true, value: undefined });
    expect(manual.sink.signal.aborted).toBe(true);
  });
});
