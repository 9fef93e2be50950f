import { describe, expect, it } from 'vitest';
import { createStreamManager, type StreamSink } from '../src/index.ts';

/** A push source that is driven from outside. */
function handSource<Event = string, Result = void>() {
  const sinks: StreamSink<Event, Result>[] = [];
  return {
    source: { start: (sink: StreamSink<Event, Result>) => void sinks.push(sink) },
    get sink(): StreamSink<Event, Result> {
      const [sink] = sinks;
      if (sink === undefined) throw new Error('the source was not started');
      return sink;
    },
    get starts() {
      return sinks.length;
    },
  };
}

async function* words(...events: string[]): AsyncGenerator<string, void> {
  yield* events;
}

describe('a stream', () => {
  it('is started, with a push source, before start returns', () => {
    const hand = handSource();
    const stream = createStreamManager<string>().start(hand.source);
    expect(hand.starts).toBe(1);
    expect(stream.info().status).toBe('starting');
  });

  it('hands a pushed event to its callbacks before push returns', () => {
    const hand = handSource();
    const stream = createStreamManager<string>().start(hand.source);
    const seen: string[] = [];
    stream.subscribe((event) => seen.push(event));
    expect(hand.sink.push('a')).toBe(true);
    expect(seen).toEqual(['a']);
    expect(stream.info()).toMatchObject({ status: 'active', eventsCount: 1, subscribersCount: 1 });
  });

  it('delivers a pulled source to an iterator, with the end', async () => {
    const stream = createStreamManager<string>().start(() => words('a', 'b'));
    const seen: string[] = [];
    for await (const event of stream) seen.push(event);
    expect(seen).toEqual(['a', 'b']);
    expect(await stream.ended).toMatchObject({ status: 'completed', eventsCount: 2 });
  });

  it('can be left while an iterator waits', async () => {
    const hand = handSource();
    const stream = createStreamManager<string>().start(hand.source, { lingerMs: 0 });
    const iterator = stream[Symbol.asyncIterator]();
    const next = iterator.next();
    await iterator.return();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(hand.sink.signal.aborted).toBe(true);
    expect(stream.info()).toMatchObject({ status: 'stopped', reason: 'no-subscribers' });
  });

  it('asks its source to pause while a pausing subscriber lags, and to go on when it has caught up', async () => {
    const hand = handSource<number>();
    const manager = createStreamManager<number>({ highMarkEvents: 4, lowMarkEvents: 1 });
    const stream = manager.start(hand.source);
    const fast: number[] = [];
    stream.subscribe((event) => fast.push(event));
    const slow = stream.iterate({ onSlow: 'pause' });
    let resumed = 0;
    hand.sink.onResume(() => resumed++);
    const answers = [1, 2, 3, 4, 5].map((event) => hand.sink.push(event));
    expect(answers).toEqual([true, true, true, true, false]);
    expect(fast).toEqual([1, 2, 3, 4, 5]);
    for (let read = 0; read < 3; read++) await slow.next();
    expect(resumed).toBe(0);
    await slow.next();
    expect(resumed).toBe(1);
    expect(hand.sink.push(6)).toBe(true);
  });
});
