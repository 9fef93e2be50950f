import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  createStreamManager,
  type GapEvent,
  type LifecycleEvent,
  type StreamPosition,
  type Subscription,
} from '../src/index.ts';
import { manualSource } from './manual-source.ts';

const start = () => {
  const manual = manualSource();
  const lifecycle: LifecycleEvent[] = [];
  const manager = createStreamManager<number>({ onLifecycle: (event) => void lifecycle.push(event) });
  return { manual, manager, lifecycle, stream: manager.start(manual) };
};
/** Lets microtasks run: replays begin in one. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a callback', () => {
  it('a callback gets a pushed event before push returns', () => {
    const { manual, stream } = start();
    const seen: number[] = [];
    stream.subscribe((event) => seen.push(event));
    expect(manual.sink.push(1)).toBe(true);
    expect(seen).toEqual([1]);
  });

  it('a late callback gets everything from the start, in order, with positions that count up', async () => {
    const { manual, stream } = start();
    for (const event of [1, 2, 3]) manual.sink.push(event);
    const seen: [number, StreamPosition][] = [];
    stream.subscribe((event, position) => seen.push([event, position]));
    expect(seen).toEqual([]);
    manual.sink.push(4);
    await turn();
    manual.sink.push(5);
    expect(seen.map(([event]) => event)).toEqual([1, 2, 3, 4, 5]);
    expect(seen.map(([, position]) => position.split('-')[1])).toEqual(['0', '1', '2', '3', '4']);
    expect(new Set(seen.map(([, position]) => position.split('-')[0])).size).toBe(1);
  });

  it('a callback can start now, or after a position it has seen', async () => {
    const { manual, stream } = start();
    const positions: StreamPosition[] = [];
    stream.subscribe((_event, position) => positions.push(position));
    for (const event of [1, 2, 3]) manual.sink.push(event);
    const now: number[] = [];
    const after: number[] = [];
    stream.subscribe((event) => now.push(event), { from: 'now' });
    stream.subscribe((event) => after.push(event), { from: positions[0] });
    await turn();
    manual.sink.push(4);
    expect(now).toEqual([4]);
    expect(after).toEqual([2, 3, 4]);
  });

  it('a subscription has the position from which another one can continue', async () => {
    const { manual, stream } = start();
    const first = stream.subscribe(() => {});
    expect(first.position).toBeUndefined();
    manual.sink.push(1);
    manual.sink.push(2);
    first.unsubscribe();
    manual.sink.push(3);
    const seen: number[] = [];
    stream.subscribe((event) => seen.push(event), { from: first.position });
    await turn();
    expect(seen).toEqual([3]);
    const last = stream.subscribe(() => {});
    await turn();
    manual.sink.push(4);
    manual.sink.end();
    expect(last.position?.split('-')[1]).toBe('3');
  });

  it('a subscription has its own position during a call, and the others have theirs', () => {
    const { manual, stream } = start();
    const inside: (StreamPosition | undefined)[][] = [];
    const subscriptions: Subscription[] = [];
    for (let count = 0; count < 2; count += 1) {
      subscriptions.push(stream.subscribe(() => inside.push(subscriptions.map(({ position }) => position))));
    }
    manual.sink.push(1);
    const first = stream.info().oldest;
    expect(inside).toEqual([
      [first, undefined],
      [first, first],
    ]);
  });

  it('a callback that returns a promise gets its next event after it has settled, and delays no other', async () => {
    const { manual, stream } = start();
    const log: string[] = [];
    const waits: (() => void)[] = [];
    stream.subscribe((event) => {
      log.push(`slow ${event}`);
      return new Promise<void>((resolve) => waits.push(resolve));
    });
    stream.subscribe((event) => log.push(`fast ${event}`));
    manual.sink.push(1);
    manual.sink.push(2);
    expect(log).toEqual(['slow 1', 'fast 1', 'fast 2']);
    waits[0]?.();
    await turn();
    expect(log).toEqual(['slow 1', 'fast 1', 'fast 2', 'slow 2']);
    waits[1]?.();
    await turn();
    manual.sink.push(3);
    expect(log.slice(4).toSorted()).toEqual(['fast 3', 'slow 3']);
  });

  it('a subscriber gets the end once and last, also if it comes after the end', async () => {
    const manual = manualSource<number, string>();
    const stream = createStreamManager<number, string>().start(manual);
    const early: unknown[] = [];
    const late: unknown[] = [];
    const follow = (into: unknown[]) =>
      stream.subscribe({ item: (event) => into.push(event), end: (end) => into.push(end) });
    const subscription = follow(early);
    manual.sink.push(1);
    manual.sink.end('done');
    manual.sink.end('again');
    manual.sink.fail(new Error('too late'));
    const end = { status: 'completed', result: 'done', eventsCount: 1 };
    expect(early).toEqual([1, end]);
    follow(late);
    await turn();
    expect(late).toEqual([1, end]);
    expect(await subscription.ended).toEqual(end);
    expect(await stream.ended).toEqual(end);
    expect(stream.info().subscribersCount).toBe(0);
  });

  it('a subscriber that leaves gets nothing more, not even the end', async () => {
    const { manual, stream } = start();
    const heard: unknown[] = [];
    const subscription = stream.subscribe({ item: (event) => heard.push(event), end: (end) => heard.push(end) });
    manual.sink.push(1);
    subscription.unsubscribe();
    manual.sink.push(2);
    manual.sink.end();
    expect(heard).toEqual([1]);
    expect(await subscription.ended).toEqual({ status: 'unsubscribed' });
  });

  it('unsubscribe can be passed on by itself', () => {
    const { manual, stream } = start();
    const seen: number[] = [];
    const { unsubscribe } = stream.subscribe((event) => seen.push(event));
    manual.sink.push(1);
    unsubscribe();
    manual.sink.push(2);
    expect(seen).toEqual([1]);
  });

  it('a subscriber leaves with its signal, its scope, or at once if the signal is aborted already', async () => {
    const { manual, stream } = start();
    const seen: string[] = [];
    const controller = new AbortController();
    const bySignal = stream.subscribe((event) => seen.push(`signal ${event}`), { signal: controller.signal });
    const aborted = stream.subscribe((event) => seen.push(`aborted ${event}`), { signal: AbortSignal.abort() });
    {
      using _scope = stream.subscribe((event) => seen.push(`scope ${event}`));
      manual.sink.push(1);
    }
    controller.abort();
    manual.sink.push(2);
    await turn();
    expect(seen).toEqual(['signal 1', 'scope 1']);
    expect(await bySignal.ended).toEqual({ status: 'unsubscribed' });
    expect(await aborted.ended).toEqual({ status: 'unsubscribed' });
    expect(stream.info().subscribersCount).toBe(0);
  });

  it('a subscriber removes its listener from its signal when it leaves or the stream ends', () => {
    const { manual, stream } = start();
    const { signal } = new AbortController();
    stream.subscribe(() => {}, { signal }).unsubscribe();
    stream.subscribe(() => {}, { signal });
    void stream.iterate({ signal }).return();
    void stream.iterate({ signal }).next();
    expect(getEventListeners(signal, 'abort')).toHaveLength(2);
    manual.sink.end();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('a subscriber can be an object with its own state', () => {
    const { manual, stream } = start();
    class Counter {
      sum = 0;
      item(event: number): void {
        this.sum += event;
      }
    }
    const counter = new Counter();
    stream.subscribe(counter);
    manual.sink.push(2);
    manual.sink.push(3);
    expect(counter.sum).toBe(5);
  });
});

describe('a callback that misbehaves', () => {
  it.for<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('mine');
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
  ])('a callback that %s is detached and reported; the stream and the others continue', async ([, misbehave]) => {
    const { manual, stream, manager, lifecycle } = start();
    const seen: string[] = [];
    stream.subscribe((event) => seen.push(`first ${event}`));
    const ends: unknown[] = [];
    const bad = stream.subscribe({ item: misbehave, end: (end) => ends.push(end) });
    stream.subscribe((event) => seen.push(`last ${event}`));
    manual.sink.push(1);
    await turn();
    manual.sink.push(2);
    expect(seen).toEqual(['first 1', 'last 1', 'first 2', 'last 2']);
    const detached = { status: 'detached', error: new Error('mine') };
    expect(await bad.ended).toEqual(detached);
    expect(ends).toEqual([detached]);
    expect(lifecycle.filter(({ type }) => type === 'subscriber-detach')).toMatchObject([{ error: new Error('mine') }]);
    expect(manager.stats().detachedSubscribers).toBe(1);
    expect(stream.info()).toMatchObject({ status: 'active', subscribersCount: 2 });
  });

  it('an error in the handler of an end affects no other subscriber', async () => {
    const { manual, stream, manager } = start();
    const seen: string[] = [];
    const bad = stream.subscribe({
      item: () => {},
      end: () => {
        throw new Error('mine');
      },
    });
    stream.subscribe({ item: () => {}, end: ({ status }) => seen.push(status) });
    manual.sink.end();
    expect(seen).toEqual(['completed']);
    expect((await bad.ended).status).toBe('completed');
    expect(manager.stats().detachedSubscribers).toBe(1);
  });
});

describe('inside a callback', () => {
  it('a callback may unsubscribe itself and others', () => {
    const { manual, stream } = start();
    const seen: string[] = [];
    const self = stream.subscribe((event) => {
      seen.push(`self ${event}`);
      self.unsubscribe();
      other.unsubscribe();
    });
    const other = stream.subscribe((event) => seen.push(`other ${event}`));
    stream.subscribe((event) => seen.push(`third ${event}`));
    manual.sink.push(1);
    manual.sink.push(2);
    expect(seen).toEqual(['self 1', 'third 1', 'third 2']);
  });

  it('a callback may unsubscribe most of the others at once, and then one more', () => {
    const { manual, stream } = start();
    const seen: number[] = [];
    const subscriptions: Subscription[] = Array.from({ length: 40 }, (_, index) =>
      stream.subscribe(() => {
        seen.push(index);
        if (index === 0) for (const subscription of subscriptions.slice(1, 30)) subscription.unsubscribe();
        if (index === 32) subscriptions[35]?.unsubscribe();
      }),
    );
    manual.sink.push(1);
    expect(seen).toEqual([0, 30, 31, 32, 33, 34, 36, 37, 38, 39]);
    manual.sink.push(2);
    expect(seen.slice(10)).toEqual([0, 30, 31, 32, 33, 34, 36, 37, 38, 39]);
  });

  it('a callback may unsubscribe during a replay', async () => {
    const { manual, stream } = start();
    for (const event of [1, 2, 3]) manual.sink.push(event);
    const seen: number[] = [];
    const subscription = stream.subscribe((event) => {
      seen.push(event);
      if (event === 2) subscription.unsubscribe();
    });
    await turn();
    expect(seen).toEqual([1, 2]);
  });

  it.for([
    ['now', [2, 3]],
    ['start', [1, 2, 3]],
  ] as const)('a callback may subscribe from %s', async ([from, expected]) => {
    const { manual, stream } = start();
    const seen: number[] = [];
    stream.subscribe((event) => {
      if (event === 1) stream.subscribe((inner) => seen.push(inner), { from });
    });
    manual.sink.push(1);
    await turn();
    manual.sink.push(2);
    manual.sink.push(3);
    expect(seen).toEqual(expected);
  });

  it('a callback may stop the stream: the others get the event, then the end', () => {
    const { manual, stream } = start();
    const seen: unknown[] = [];
    stream.subscribe(() => stream.stop('enough'));
    stream.subscribe({ item: (event) => seen.push(event), end: ({ status }) => seen.push(status) });
    expect(manual.sink.push(1)).toBe(false);
    expect(seen).toEqual([1, 'stopped']);
  });

  it('a callback may make the source push: all subscribers see the same order', () => {
    const { manual, stream } = start();
    const first: number[] = [];
    const second: number[] = [];
    stream.subscribe((event) => {
      first.push(event);
      if (event < 3) manual.sink.push(event + 1);
      if (event === 3) manual.sink.end();
    });
    const ends: string[] = [];
    stream.subscribe({ item: (event) => second.push(event), end: ({ status }) => ends.push(status) });
    manual.sink.push(1);
    expect(first).toEqual([1, 2, 3]);
    expect(second).toEqual([1, 2, 3]);
    expect(ends).toEqual(['completed']);
  });
});

it('10,000 subscribers come and go, and leave nothing behind', () => {
  const { manual, stream } = start();
  let calls = 0;
  const subscriptions = Array.from({ length: 10_000 }, () => stream.subscribe(() => (calls += 1)));
  manual.sink.push(1);
  expect(calls).toBe(10_000);
  subscriptions.forEach((subscription, index) => {
    if (index % 3 !== 0) subscription.unsubscribe();
  });
  manual.sink.push(2);
  expect(calls).toBe(13_334);
  for (const subscription of subscriptions) subscription.unsubscribe();
  manual.sink.push(3);
  expect(calls).toBe(13_334);
  expect(stream.info().subscribersCount).toBe(0);
});

it('a subscriber that agreed to gaps has them in its type, another has not', () => {
  const { stream } = start();
  const withGaps: (number | GapEvent)[] = [];
  const without: number[] = [];
  stream.subscribe((item) => withGaps.push(item), { onSlow: 'drop' });
  stream.subscribe((item) => without.push(item), { onSlow: 'pause' });
  // @ts-expect-error a subscriber of events alone cannot choose to drop
  stream.subscribe((item: number) => without.push(item), { onSlow: 'drop' });
  expect(stream.info().subscribersCount).toBe(3);
});

it('a subscriber that returns an object, but no promise, gets the next event at once', () => {
  const manual = manualSource();
  const items: number[] = [];
  createStreamManager<number>()
    .start(manual)
    .subscribe((event) => {
      items.push(event);
      return { later: true };
    });
  for (const event of [1, 2, 3]) manual.sink.push(event);
  expect(items).toEqual([1, 2, 3]);
});
