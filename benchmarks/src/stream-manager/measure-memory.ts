import { setImmediate as turn } from 'node:timers/promises';
import { createStreamManager, type ManagedStream, type StreamManager, type StreamSink } from '@gemini/stream-manager';
import { median } from '../measure/interleave.ts';
import { createEventQueue } from './event-queue.ts';
import type { BenchEvent } from './fan-out.ts';

/** Heap in use after a full collection, in bytes. */
function heapBytes(): number {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  for (let pass = 0; pass < 3; pass++) globalThis.gc();
  return process.memoryUsage().heapUsed;
}

interface Started {
  readonly stream: ManagedStream<BenchEvent>;
  readonly sink: StreamSink<BenchEvent>;
}

function startIn(manager: StreamManager<BenchEvent>): Started {
  const sinks: StreamSink<BenchEvent>[] = [];
  const stream = manager.start({ start: (sink) => void sinks.push(sink) });
  const [sink] = sinks;
  if (sink === undefined) throw new Error('the source was not started');
  return { stream, sink };
}
const start = (): Started => startIn(createStreamManager<BenchEvent>({ lingerMs: Infinity }));

/** The bytes that one more object retains: the mean over `count` of them. */
function bytesEach(count: number, create: () => unknown): number {
  const kept: unknown[] = Array.from({ length: count });
  const before = heapBytes();
  for (let index = 0; index < count; index++) kept[index] = create();
  const bytes = (heapBytes() - before) / count;
  if (kept.includes(undefined)) throw new Error('nothing was created');
  return bytes;
}

/** The bytes that an idle subscriber retains. */
export function idleSubscriberBytes(count: number): Record<'callback' | 'iterator' | 'ReadableStream', number> {
  const streams = { callback: start().stream, iterator: start().stream, web: start().stream };
  const callback = (): void => {};
  const waiting = <Reader extends { next(): Promise<unknown> }>(reader: Reader): Reader => {
    void reader.next();
    return reader;
  };
  return {
    callback: bytesEach(count, () => streams.callback.subscribe(callback)),
    iterator: bytesEach(count, () => waiting(streams.iterator.iterate())),
    ReadableStream: bytesEach(count, () => streams.web.toReadableStream()),
  };
}

/** The bytes that many stalled subscribers retain beyond one, after the events were pushed. */
export async function stalledSubscriberBytes(
  subscribers: number,
  events: number,
): Promise<Record<'manager' | 'queues', number>> {
  const heldBy = async (follow: () => { push: (event: BenchEvent) => void }): Promise<number> => {
    // What the run before held is to be gone: a frame that is still on the stack may hold it.
    await turn();
    const before = heapBytes();
    const { push } = follow();
    for (let index = 0; index < events; index++) push({ index });
    const held = heapBytes() - before;
    push({ index: -1 });
    return held;
  };
  const manager = (count: number) => () => {
    const { stream, sink } = start();
    const readers = Array.from({ length: count }, () => stream.iterate());
    return { push: (event: BenchEvent) => void (readers.length > 0 && sink.push(event)) };
  };
  const queues = (count: number) => () => {
    const all = Array.from({ length: count }, () => createEventQueue<BenchEvent>());
    return { push: (event: BenchEvent) => all.forEach((queue) => queue.push(event)) };
  };
  const above = async (follow: (count: number) => () => { push: (event: BenchEvent) => void }): Promise<number> => {
    // One collection leaves more behind than another; the first run compiles too.
    const rounds: number[] = [];
    while (rounds.length < 7) rounds.push((await heldBy(follow(subscribers))) - (await heldBy(follow(1))));
    return median(rounds);
  };
  return { manager: await above(manager), queues: await above(queues) };
}

/** How much the heap grows while streams are started and ended, in bytes; nothing is retained. */
export async function endedStreamsGrowth(streams: number): Promise<number> {
  const manager = createStreamManager<BenchEvent>({ retainMs: 0 });
  const run = async (): Promise<void> => {
    for (let count = 0; count < streams; count++) {
      const { stream, sink } = startIn(manager);
      stream.subscribe(() => {});
      for (let index = 0; index < 10; index++) sink.push({ index });
      sink.end();
      if (count % 1_000 === 0) await turn();
    }
  };
  await run();
  const before = heapBytes();
  await run();
  const growth = heapBytes() - before;
  await manager.close();
  return growth;
}
