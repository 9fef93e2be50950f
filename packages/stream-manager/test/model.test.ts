import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  createStreamManager,
  StreamManagerError,
  type GapEvent,
  type ManagedStream,
  type OnSlow,
  type DetachedEnd,
  type StreamEnd,
  type StreamManager,
  type StreamSink,
  type SubscribeOptions,
} from '../src/index.ts';

const limits = {
  maxStreams: 2,
  maxHistoryBytes: 6,
  maxLagEvents: 3,
  maxRetainedStreams: 2,
  lingerMs: Infinity,
  sizeOf: () => 1,
};

/** The most events of one push. More than `maxLagEvents`. */
const maxEventsAtOnce = 5;

/** The reference's record of a stream: every accepted event, and the end. */
interface StreamModel {
  readonly id: number;
  status: 'queued' | 'running' | 'completed' | 'failed' | 'stopped';
  readonly events: number[];
  isEvicted: boolean;
}

/** A fast callback, a callback whose promises are settled by command, or an iterator that is pulled by command. */
type Kind = 'fast' | 'slow' | 'pulled';

/** The events of a subscriber in the real system, compared with its stream's model after each command. */
interface Follower {
  readonly stream: number;
  readonly onSlow: OnSlow;
  readonly kind: Kind;
  readonly first: number;
  readonly items: (number | GapEvent)[];
  readonly ends: Pick<StreamEnd | DetachedEnd, 'status' | 'error'>[];
  readonly reader: { readonly position: string | undefined };
  hasLeft: boolean;
  /** Lets it have one more item, if it waits to be let. */
  read(): void;
  leave(): void;
}

interface Model {
  readonly streams: StreamModel[];
}

interface Real {
  readonly manager: StreamManager<number>;
  readonly sinks: Map<string, StreamSink<number>>;
  readonly streams: ManagedStream<number>[];
  readonly followers: Follower[];
}

type Command = fc.AsyncCommand<Model, Real>;

const isLive = ({ status }: StreamModel): boolean => status === 'queued' || status === 'running';
const runningCount = ({ streams }: Model): number => streams.filter(({ status }) => status === 'running').length;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const indexOf = (position: string): number => Number(position.split('-')[1]);

function endModel(model: Model, stream: StreamModel, status: 'completed' | 'failed' | 'stopped'): void {
  stream.status = status;
  endOrder.push(stream);
  const kept = endOrder.filter(({ isEvicted }) => !isEvicted);
  for (const oldest of kept.slice(0, Math.max(0, kept.length - limits.maxRetainedStreams))) oldest.isEvicted = true;
  const next = model.streams.find((candidate) => candidate.status === 'queued');
  if (next !== undefined && runningCount(model) < limits.maxStreams) next.status = 'running';
}
let endOrder: StreamModel[] = [];

/** Order, completeness, the single end: what holds for every subscriber after every command. */
function checkFollower(follower: Follower, model: StreamModel): void {
  let index = follower.first;
  for (const item of follower.items) {
    if (typeof item === 'number') {
      expect(item).toBe(model.events[index]);
      index += 1;
    } else {
      expect(follower.onSlow).toBe('drop');
      expect(indexOf(item.from)).toBe(index);
      expect(indexOf(item.to)).toBeGreaterThanOrEqual(index);
      index = indexOf(item.to) + 1;
    }
  }
  expect(index).toBeLessThanOrEqual(model.events.length);
  if (index > 0) expect(indexOf(follower.reader.position ?? '-1')).toBe(index - 1);
  expect(follower.ends.length).toBeLessThanOrEqual(1);
  const [end] = follower.ends;
  if (follower.hasLeft) expect(end).toBeUndefined();
  if (end === undefined) {
    // A fast subscriber that has not left has every event, and the end if the stream has ended.
    if (follower.hasLeft || follower.kind !== 'fast') return;
    expect(index).toBe(model.events.length);
    expect(isLive(model)).toBe(true);
  } else if (end.status === 'detached') {
    expect(follower.kind).not.toBe('fast');
    expect(end.error).toMatchObject({ code: 'slow-subscriber' });
    expect(follower.onSlow).not.toBe('drop');
  } else {
    expect(end.status).toBe(model.status);
    expect(index).toBe(model.events.length);
  }
}

async function check(model: Model, real: Real): Promise<void> {
  await settle();
  for (const follower of real.followers) {
    const stream = model.streams[follower.stream];
    if (stream !== undefined) checkFollower(follower, stream);
  }
  const count = (status: string): number => model.streams.filter((stream) => stream.status === status).length;
  const stats = real.manager.stats();
  expect({ ...stats, running: stats.starting + stats.active }).toMatchObject({
    queued: count('queued'),
    running: count('running'),
    completed: count('completed'),
    failed: count('failed'),
    stopped: count('stopped'),
    evicted: endOrder.filter(({ isEvicted }) => isEvicted).length,
    retained: endOrder.filter(({ isEvicted }) => !isEvicted).length,
    events: model.streams.reduce((sum, { events }) => sum + events.length, 0),
  });
  model.streams.forEach((stream, index) => {
    expect(real.manager.get(String(stream.id)) === undefined).toBe(stream.isEvicted);
    const info = real.streams[index]?.info();
    expect(info?.eventsCount).toBe(stream.events.length);
    const following = real.followers.filter((follower) => follower.stream === index && isFollowing(follower));
    expect(info?.subscribersCount).toBeLessThanOrEqual(following.length);
    // A detached iterator throws at its next read.
    const callbacks = following.filter(({ kind }) => kind !== 'pulled');
    expect(info?.subscribersCount).toBeGreaterThanOrEqual(callbacks.length);
    // A source that pushes although it is paused is limited to the rest of the push that began the pause and, if a reader
    // catches up in the meantime and the pause begins again, to twice the history.
    expect(info?.historyBytes).toBeLessThanOrEqual(2 * limits.maxHistoryBytes + maxEventsAtOnce);
  });
}
const isFollowing = ({ hasLeft, ends }: Follower): boolean => !hasLeft && ends.length === 0;

const command = (
  name: string,
  isPossible: (model: Model) => boolean,
  act: (model: Model, real: Real) => void | Promise<void>,
): Command => ({
  check: isPossible,
  async run(model, real) {
    await act(model, real);
    await check(model, real);
  },
  toString: () => name,
});

const pick = <Item>(items: readonly Item[], choice: number): Item | undefined => items[choice % items.length];
const liveOf = ({ streams }: Model): StreamModel[] => streams.filter(({ status }) => status === 'running');

const startStream = (): Command =>
  command(
    'start',
    () => true,
    (model, real) => {
      const id = model.streams.length;
      const status = runningCount(model) < limits.maxStreams ? 'running' : 'queued';
      model.streams.push({ id, status, events: [], isEvicted: false });
      const source = { start: (sink: StreamSink<number>) => void real.sinks.set(sink.id, sink) };
      real.streams.push(real.manager.start(source, { id: String(id) }));
      expect(real.sinks.has(String(id))).toBe(status === 'running');
    },
  );

const emit = (choice: number, count: number): Command =>
  command(
    `emit ${count} on ${choice}`,
    (model) => liveOf(model).length > 0,
    (model, real) => {
      const stream = pick(liveOf(model), choice);
      const sink = real.sinks.get(String(stream?.id));
      for (let left = count; left > 0; left -= 1) {
        const event = stream?.events.push(stream.id * 1_000 + stream.events.length) ?? 0;
        sink?.push(stream?.events[event - 1] ?? -1);
      }
    },
  );

const emitLate = (choice: number): Command =>
  command(
    `emit late on ${choice}`,
    ({ streams }) => streams.some(({ status }) => status === 'completed'),
    ({ streams }, real) => {
      const stream = pick(
        streams.filter(({ status }) => status === 'completed'),
        choice,
      );
      const before = real.manager.stats().lateEvents;
      expect(real.sinks.get(String(stream?.id))?.push(-1)).toBe(false);
      expect(real.manager.stats().lateEvents).toBe(before + 1);
    },
  );

const end = (choice: number, how: 'completed' | 'failed'): Command =>
  command(
    `end ${choice} as ${how}`,
    (model) => liveOf(model).length > 0,
    (model, real) => {
      const stream = pick(liveOf(model), choice);
      if (stream === undefined) return;
      const sink = real.sinks.get(String(stream.id));
      endModel(model, stream, how);
      if (how === 'completed') sink?.end();
      else sink?.fail(new Error('upstream broke'));
    },
  );

const stop = (choice: number): Command =>
  command(
    `stop ${choice}`,
    ({ streams }) => streams.some(isLive),
    (model, real) => {
      const stream = pick(model.streams.filter(isLive), choice);
      if (stream === undefined) return;
      endModel(model, stream, 'stopped');
      expect(real.manager.stop(String(stream.id))).toBe(true);
    },
  );

/** Follows a stream, and keeps what it is given. Throws what subscribing throws. */
function follow(stream: ManagedStream<number>, kind: Kind, options: SubscribeOptions) {
  const items: (number | GapEvent)[] = [];
  const ends: Pick<StreamEnd | DetachedEnd, 'status' | 'error'>[] = [];
  if (kind === 'pulled') {
    const reader = stream.iterate(options);
    let isReading = false;
    const read = async (): Promise<void> => {
      if (isReading || ends.length > 0) return;
      isReading = true;
      try {
        const result = await reader.next();
        if (result.done !== true) items.push(result.value);
        else if (!left) ends.push({ status: stream.info().status as 'completed' });
      } catch (error) {
        const isDetached = error instanceof StreamManagerError;
        ends.push({ status: isDetached ? 'detached' : 'failed', error });
      }
      isReading = false;
    };
    let left = false;
    const leave = (): void => {
      left = true;
      void reader.return();
    };
    return { items, ends, reader, read: () => void read(), leave };
  }
  const releases: (() => void)[] = [];
  const reader = stream.subscribe(
    {
      item(item: number | GapEvent) {
        items.push(item);
        return kind === 'slow' ? new Promise<void>((resolve) => releases.push(resolve)) : undefined;
      },
      end: (streamEnd) => ends.push(streamEnd),
    },
    options,
  );
  return { items, ends, reader, read: () => releases.shift()?.(), leave: () => reader.unsubscribe() };
}

const subscribe = (choice: number, from: number, onSlow: OnSlow, kind: Kind): Command =>
  command(
    `subscribe to ${choice} from ${from}, ${onSlow}, ${kind}`,
    ({ streams }) => streams.length > 0,
    (model, real) => {
      const streamIndex = choice % model.streams.length;
      const stream = real.streams[streamIndex];
      const events = model.streams[streamIndex]?.events ?? [];
      if (stream === undefined) return;
      const first = Math.min(from, events.length);
      const { oldest, endPosition } = stream.info();
      const held = oldest === undefined ? events.length : indexOf(oldest);
      const epoch = (oldest ?? endPosition)?.split('-')[0];
      const position = first === 0 ? 'start' : first === events.length ? 'now' : `${epoch}-${first - 1}`;
      const open = () => follow(stream, kind, { from: position, onSlow });
      if (first < held) expect(open).toThrow(expect.objectContaining({ code: 'history-lost', oldest }));
      else real.followers.push({ stream: streamIndex, onSlow, kind, first, hasLeft: false, ...open() });
    },
  );

const unsubscribe = (choice: number): Command =>
  command(
    `unsubscribe ${choice}`,
    () => true,
    (_model, { followers }) => {
      const follower = pick(followers.filter(isFollowing), choice);
      if (follower === undefined) return;
      follower.hasLeft = true;
      follower.leave();
    },
  );

const read = (choice: number, count: number): Command =>
  command(
    `let ${choice} read ${count}`,
    () => true,
    async (_model, { followers }) => {
      const slow = followers.filter(({ kind }) => kind !== 'fast');
      for (let left = count; left > 0; left -= 1) {
        pick(slow, choice)?.read();
        await settle();
      }
    },
  );

const choice = fc.nat(5);
const onSlow = fc.constantFrom<OnSlow>('buffer', 'pause', 'drop', 'disconnect');
const kind = fc.constantFrom<Kind>('fast', 'slow', 'pulled');
const someEmits = fc.tuple(choice, fc.integer({ min: 1, max: maxEventsAtOnce })).map((given) => emit(...given));
const someSubscribes = fc.tuple(choice, fc.nat(12), onSlow, kind).map((given) => subscribe(...given));
const someReads = fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 4 })).map((given) => read(...given));
const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);
// Kinds stand here more than once to be drawn more often: streams should live, and be read, for a while.
const commands = fc.commands(
  [
    fc.constant(startStream()),
    ...times(5, someEmits),
    ...times(3, someSubscribes),
    ...times(4, someReads),
    fc.oneof(
      choice.map(emitLate),
      fc.tuple(choice, fc.constantFrom('completed' as const, 'failed' as const)).map((given) => end(...given)),
      choice.map(stop),
      choice.map(unsubscribe),
    ),
  ],
  { maxCommands: 80, size: 'max' },
);

it('a manager does what a plain model does, whatever happens in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (given) => {
      endOrder = [];
      const real: Real = {
        manager: createStreamManager<number>(limits),
        sinks: new Map(),
        streams: [],
        followers: [],
      };
      const model: Model = { streams: [] };
      await fc.asyncModelRun(() => ({ model, real }), given);

      // Every subscriber reads to the end: none may be left, and no event retained.
      for (const stream of model.streams) if (isLive(stream)) stream.status = 'stopped';
      await real.manager.close();
      for (const follower of real.followers) {
        for (let left = 100; left > 0 && isFollowing(follower); left -= 1) {
          follower.read();
          await settle();
        }
        expect(isFollowing(follower)).toBe(false);
        const stream = model.streams[follower.stream];
        if (stream !== undefined) checkFollower(follower, stream);
      }
      for (const stream of real.streams) expect(stream.info().subscribersCount).toBe(0);
      expect(real.manager.stats()).toMatchObject({ queued: 0, starting: 0, active: 0, retained: 0, retainedBytes: 0 });
    }),
    { numRuns: 300 },
  );
});
