import { describe, expect, it } from 'vitest';
import { createStreamManager } from '../src/index.ts';
import { manualSource } from './manual-source.ts';
import { readAll } from './read-all.ts';

/** Ways in which managers of streams are known to hang, fill up or fall silent. */
describe('a manager', () => {
  it('runs four of five streams with room for four, and queues the fifth', async () => {
    const manager = createStreamManager<number>({ maxStreams: 4 });
    const manuals = Array.from({ length: 5 }, () => manualSource());
    const streams = manuals.map((manual) => manager.start(manual, { key: 'one-model' }));
    expect(streams.map((stream) => stream.info().status)).toEqual([...Array<string>(4).fill('starting'), 'queued']);
    // While one waits, the manager still answers, delivers and stops.
    expect(manager.list()).toHaveLength(5);
    const reading = streams.map((stream) => readAll(stream));
    manuals[0]?.sink.push(1);
    expect(streams[0]?.info().eventsCount).toBe(1);
    streams[1]?.stop();
    expect(streams[4]?.info().status).toBe('starting');
    for (const manual of manuals) {
      manual.sink.push(2);
      manual.sink.end();
    }
    expect(await Promise.all(reading)).toEqual([[1, 2], [], [2], [2], [2]]);
  });

  it('starts new streams although 100 ended ones are retained', () => {
    const manager = createStreamManager<number>({ maxStreams: 4, maxQueuedStreams: 0 });
    for (let count = 0; count < 100; count += 1) {
      const manual = manualSource();
      manager.start(manual);
      manual.sink.end();
    }
    expect(manager.stats()).toMatchObject({ retained: 100, completed: 100 });
    expect(manager.start(manualSource()).info().status).toBe('starting');
  });

  it('gives a late subscriber everything, while the stream runs and after its end', async () => {
    const manual = manualSource();
    const stream = createStreamManager<number>().start(manual);
    for (const event of [1, 2, 3]) manual.sink.push(event);
    const early = readAll(stream);
    manual.sink.push(4);
    manual.sink.end();
    expect(await early).toEqual([1, 2, 3, 4]);
    expect(await readAll(stream)).toEqual([1, 2, 3, 4]);
  });

  it('reports a source that failed to its subscribers, and frees its place', async () => {
    const manager = createStreamManager<number>({ maxStreams: 1 });
    const died = new Error('connection lost');
    const stream = manager.start(async function* () {
      yield 1;
      throw died;
    });
    await expect(readAll(stream)).rejects.toBe(died);
    expect(stream.info()).toMatchObject({ status: 'failed', error: died, eventsCount: 1 });
    expect(manager.start(manualSource()).info().status).toBe('starting');
  });

  it('continues although a subscriber threw', () => {
    const manual = manualSource();
    const stream = createStreamManager<number>().start(manual);
    const seen: number[] = [];
    stream.subscribe(() => {
      throw new Error('mine');
    });
    stream.subscribe((event) => seen.push(event));
    manual.sink.push(1);
    manual.sink.push(2);
    expect(seen).toEqual([1, 2]);
  });
});
