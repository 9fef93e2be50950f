import type { ManagedStream, PushSource, StreamSink } from '@gemini/stream-manager';
import { setTimeout as pause } from 'node:timers/promises';
import { createRandom, type Random } from '../../soak/random.ts';
import { leaseMs, type Node, openNode, read } from './redis-nodes.ts';
import { type RedisServer, startRedis } from './redis-server.ts';

/** The time in which faults happen, and the time that everything then has to end. */
const faultsMs = 3_000;
const patienceMs = 30_000;
const streamsCount = 8;
const libraries = ['redis 6', 'ioredis 6'];

/** A stream of numbers, and all that happened to it. */
interface Subject {
  readonly id: string;
  readonly count: number;
  readonly canResume: boolean;
  /** The nodes on which its source was started or resumed, in order. */
  readonly producers: Node[];
  readonly sinks: StreamSink<number, string>[];
  readonly streams: ManagedStream<number, string>[];
  isStopped: boolean;
}

/** The world of one run. */
interface World {
  readonly random: Random;
  readonly redis: RedisServer;
  readonly nodes: readonly [Node, ...Node[]];
  /** Nodes that were cut off for so long that their streams may be lost. */
  readonly cut: Set<Node>;
  readonly history: string[];
  readonly complaints: string[];
}

/**
 * Runs streams on three nodes over one Redis, while a seed decides which faults happen. Returns what was wrong, with the
 * faults that had happened: nothing if every reader got each event once and in order, and every stream its end.
 */
export async function runChaos(seed: number): Promise<string[]> {
  const random = createRandom(seed);
  await using redis = await startRedis();
  const first = random.between(0, 1);
  const log = { timeoutMs: 500 };
  const open = (index: number): Promise<Node> =>
    openNode(redis.port, { library: libraries[(first + index) % 2] ?? '', log, manager: { lingerMs: Infinity } });
  const nodes = (await Promise.all([0, 1, 2].map(open))) as [Node, Node, Node];
  const world: World = { random, redis, nodes, cut: new Set(), history: [], complaints: [] };
  try {
    const ids = Array.from({ length: streamsCount }, (_, index) => `${seed}-${index}`);
    const subjects = await Promise.all(ids.map((id) => startSubject(world, id)));
    const readers = subjects.flatMap((subject) => nodes.map((node) => follow(world, subject, node)));
    await breakThings(world, subjects);
    const ends = Promise.all([...readers, ...subjects.map((subject) => judgeEnds(world, subject))]);
    const isDone = await Promise.race([ends.then(() => true), pause(patienceMs).then(() => false)]);
    if (!isDone) world.complaints.push('a reader waits for ever');
  } finally {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
  }
  const { complaints, history } = world;
  return complaints.length === 0 ? [] : [...complaints, `after: ${history.join(', ')}`];
}

async function startSubject(world: World, id: string): Promise<Subject> {
  const { random, nodes } = world;
  const subject: Subject = {
    id,
    count: random.between(20, 120),
    canResume: random.chance(0.5),
    producers: [],
    sinks: [],
    streams: [],
    isStopped: false,
  };
  const [leader, heir] = random.chance(0.5) ? [nodes[0], nodes[1] ?? nodes[0]] : [nodes[2] ?? nodes[0], nodes[0]];
  start(world, subject, leader);
  await leader.manager.attach(id);
  // A start that is repeated on another node follows, and continues the stream if it must.
  if (subject.canResume) {
    start(world, subject, heir);
    await heir.manager.attach(id);
  }
  return subject;
}

function start(world: World, subject: Subject, node: Node): void {
  const { id, count, canResume } = subject;
  const stepMs = world.random.between(5, 60);
  const run = (sink: StreamSink<number, string>, from: number): void => {
    if (world.cut.size === 0 && subject.sinks.some(({ signal }) => !signal.aborted)) {
      world.complaints.push(`${id}: two sources run`);
    }
    subject.producers.push(node);
    subject.sinks.push(sink);
    void pushAll(sink, from, count, stepMs);
  };
  const source: PushSource<number, string> = { start: (sink) => run(sink, 0) };
  if (canResume) source.resume = (sink, events) => run(sink, (events.at(-1) ?? -1) + 1);
  subject.streams.push(node.manager.start(source, { id, onDuplicate: 'join' }));
}

async function pushAll(sink: StreamSink<number, string>, from: number, count: number, stepMs: number): Promise<void> {
  for (let number = from; number < count; number += 1) {
    await pause(stepMs);
    if (sink.signal.aborted) return;
    sink.push(number);
  }
  sink.end('done');
}

/** Reads a stream to its end, on nodes that change, from the position that it has. */
async function follow(world: World, subject: Subject, from: Node): Promise<void> {
  const { random, nodes, complaints } = world;
  const items: unknown[] = [];
  let position: string | undefined;
  let node = from;
  for (;;) {
    const stream = await attach(world, subject, node);
    if (stream === undefined) return;
    const patience = random.chance(0.3) ? random.between(1, 30) : Infinity;
    let reader;
    try {
      reader = read(stream, position === undefined ? {} : { from: position });
    } catch (error) {
      complaints.push(`${subject.id}: reading from ${position} threw ${String(error)}`);
      return;
    }
    const left = await Promise.race([reader.has(patience).then(() => true), reader.end.then(() => false)]);
    reader.leave();
    items.push(...reader.items);
    position = reader.positions.at(-1) ?? position;
    const wrong = items.findIndex((item, index) => item !== index);
    if (wrong >= 0) complaints.push(`${subject.id}: item ${wrong} is ${JSON.stringify(items[wrong])}`);
    if (wrong >= 0) return;
    if (!left) {
      const end = await reader.end;
      const isWhole = items.length === subject.count;
      if (end.status === 'completed' && !isWhole) complaints.push(`${subject.id}: completed after ${items.length}`);
      return;
    }
    node = random.pick(nodes);
  }
}

/** Attaches, again and again while the log is away. A stream that has ended may be gone, if Redis has lost it. */
async function attach(world: World, subject: Subject, node: Node): Promise<ManagedStream<number, string> | undefined> {
  const untilMs = performance.now() + patienceMs / 2;
  for (;;) {
    try {
      return await node.manager.attach(subject.id);
    } catch (error) {
      const { code } = error as { code?: unknown };
      const hasEnded = subject.streams.every((stream) => stream.info().endedAt !== undefined);
      if (code === 'stream-not-found' && hasEnded) return undefined;
      if (performance.now() > untilMs) {
        world.complaints.push(`${subject.id}: attach fails with ${String(code)}`);
        return undefined;
      }
      await pause(100);
    }
  }
}

/** Lets faults happen, one after another, and then lets everything through again. */
async function breakThings(world: World, subjects: readonly Subject[]): Promise<void> {
  const { random, redis, nodes, cut, history } = world;
  const pick = (): Node => random.pick(nodes);
  const cutOff = async (node: Node, ms: number): Promise<void> => {
    // A call that is on its way may still renew the lease, and the fault may last longer than asked for.
    if (ms > leaseMs / 3) cut.add(node);
    node.network.freeze();
    await pause(ms);
    node.network.thaw();
  };
  const faults: Readonly<Record<string, () => Promise<unknown>>> = {
    drop: async () => pick().network.drop(),
    'freeze shortly': () => cutOff(pick(), random.between(50, leaseMs / 4)),
    'cut off': () => cutOff(pick(), random.between(2 * leaseMs, 3 * leaseMs)),
    'drop a reply': async () => void pick().network.dropReplyOf('gs:{'),
    'crash Redis': async () => {
      await redis.kill();
      await pause(random.between(0, 500));
      await redis.start();
    },
    'stop Redis': async () => {
      redis.signal('SIGSTOP');
      await pause(random.between(100, 2 * leaseMs));
      redis.signal('SIGCONT');
    },
    'flush all': () => redis.command('FLUSHALL'),
    'flush scripts': () => redis.command('SCRIPT', 'FLUSH'),
    'kill subscribers': () => redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub'),
    fill: async () => {
      await redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
      await pause(random.between(100, 2 * leaseMs));
      await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    },
    'stop a stream': async () => {
      const subject = random.pick(subjects as readonly [Subject, ...Subject[]]);
      subject.isStopped = true;
      await pick()
        .manager.attach(subject.id)
        .then((stream) => stream.stop('enough'))
        .catch(() => {});
    },
  };
  const names = Object.keys(faults) as [string, ...string[]];
  const untilMs = performance.now() + faultsMs;
  while (performance.now() < untilMs) {
    await pause(random.between(20, 300));
    const name = random.pick(names);
    history.push(name);
    await faults[name]?.();
  }
}

/** Each stream ends, and is lost only if a node that ran it was cut off. */
async function judgeEnds({ cut, complaints }: World, subject: Subject): Promise<void> {
  for (const stream of subject.streams) {
    const { status, error } = await stream.ended;
    const { code } = (error ?? {}) as { code?: unknown };
    if (status === 'completed' || (status === 'stopped' && subject.isStopped)) continue;
    const isLost = code === 'producer-lost' || code === 'history-lost';
    if (status === 'failed' && isLost && subject.producers.some((node) => cut.has(node))) continue;
    complaints.push(`${subject.id}: ended as ${status}, ${String(error)}`);
  }
}
