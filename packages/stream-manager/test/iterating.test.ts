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

describe('an iterator with pick', () => {
  it('yields what pick makes of the events, and skips those for which it returns undefined', async () => {
    const { manual, stream } = start();
    const iterator = stream.iterate({ pick: (event) => (event === 2 ? undefined : `item ${JSON.stringify(event)}`) });
    manual.sink.push(1);
    manual.sink.push(2);
    const first = iterator.next();
    const second = iterator.next();
    manual.sink.push(2);
    manual.sink.push(3);
    manual.sink.end();
    expect([await first, await second]).toEqual([
      { done: false, value: 'item 1' },
      { done: false, value: 'item 3' },
    ]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('an item of the end comes before the error of the end, and the error once', async () => {
    const { manual, stream } = start();
    const error = new Error('cut');
    const iterator = stream.iterate({
      pick: String,
      pickEnd: ({ status, eventsCount }) => ({ item: `${status} after ${eventsCount}`, error }),
    });
    manual.sink.push(1);
    manual.sink.end();
    expect(await iterator.next()).toEqual({ done: false, value: '1' });
    expect(await iterator.next()).toEqual({ done: false, value: 'completed after 1' });
    await expect(iterator.next()).rejects.toBe(error);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('calls of next that waited get the item of the end, then its error, and are then done', async () => {
    const { manual, stream } = start();
    const error = new Error('cut');
    const iterator = stream.iterate({ pick: String, pickEnd: () => ({ item: 'end', error }) });
    const asked = [iterator.next(), iterator.next(), iterator.next()];
    manual.sink.end();
    expect(await Promise.allSettled(asked)).toEqual([
      { status: 'fulfilled', value: { done: false, value: 'end' } },
      { status: 'rejected', reason: error },
      { status: 'fulfilled', value: { done: true, value: undefined } },
    ]);
  });

  it('a pick that throws detaches its own reader with the error, and no other reader', async () => {
    const { manual, stream } = start();
    const error = new Error('cannot be converted');
    let left = 0;
    const iterator = stream.iterate<string>({
      pick: () => {
        throw error;
      },
      onLeave: () => (left += 1),
    });
    const other = readAll(stream);
    const waiting = iterator.next();
    expect(manual.sink.push(1)).toBe(true);
    await expect(waiting).rejects.toBe(error);
    expect([left, stream.info().subscribersCount]).toEqual([1, 1]);
    manual.sink.end();
    expect(await other).toEqual([1]);
  });

  it('onLeave is called once, while the reader still counts, and only if it leaves before the end', async () => {
    const { manual, stream } = start();
    const counts: (number | undefined)[] = [];
    const onLeave = (): void => void counts.push(stream.info().subscribersCount);
    const leaving = stream.iterate({ pick: String, onLeave });
    const staying = stream.iterate({ pick: String, onLeave });
    await leaving.return();
    await leaving.return();
    expect(counts).toEqual([2]);
    manual.sink.end();
    expect((await staying.next()).done).toBe(true);
    await staying.return();
    expect(counts).toEqual([2]);
  });

  it('a stream may be stopped in onLeave', async () => {
    const { manual, stream } = start();
    const iterator = stream.iterate({ pick: String, onLeave: () => stream.stop('left') });
    const waiting = iterator.next();
    await iterator.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await stream.ended).toMatchObject({ status: 'stopped', reason: 'left' });
    expect(manual.sink.signal.aborted).toBe(true);
  });

  it('an event that is undefined is an item like others', async () => {
    const manual = manualSource<undefined>();
    const iterator = createStreamManager<undefined>().start(manual).iterate();
    manual.sink.push(undefined);
    manual.sink.end();
    expect(await iterator.next()).toEqual({ done: false, value: undefined });
    expect((await iterator.next()).done).toBe(true);
  });

  it.for(['pick', 'pickEnd', 'onLeave'])('%s that is no function is a TypeError', (name) => {
    const { stream } = start();
    expect(() => stream.iterate({ pick: String, [name]: 'x' })).toThrow(
      new TypeError(`${name}: expected a function, got string`),
    );
  });
});
