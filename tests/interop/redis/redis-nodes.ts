import { redisStreamLog, type RedisStreamLogOptions } from '@gemini/stream-log-redis';
import {
  createStreamManager,
  type GapEvent,
  type ManagedStream,
  type PushSource,
  type StreamManager,
  type StreamManagerOptions,
  type StreamSink,
  type SubscribeOptions,
  type SubscriptionEnd,
} from '@gemini/stream-manager';
import { randomUUID } from 'node:crypto';
import { openClient } from './redis-clients.ts';
import { type RedisProxy, startProxy } from './redis-proxy.ts';

/** The lease of the tests: short, so that a lost process is noticed in seconds. */
export const leaseMs = 1_000;

/** A process of a cluster, as far as Redis sees it: a manager with a network of its own. */
export interface Node extends AsyncDisposable {
  readonly manager: StreamManager<number, string>;
  readonly network: RedisProxy;
  /** The failed calls that the log has reported. */
  readonly errors: unknown[];
}

/** The settings of a node, beside its Redis. */
export interface NodeOptions {
  readonly library?: string;
  readonly log?: Partial<RedisStreamLogOptions>;
  readonly manager?: StreamManagerOptions<number, string>;
}

/** Opens a node. */
export async function openNode(port: number, { library = 'redis 6', log, manager }: NodeOptions = {}): Promise<Node> {
  const network = await startProxy(port);
  const opened = await openClient(library, network.port);
  const errors: unknown[] = [];
  const streamLog = redisStreamLog({ client: opened.client, leaseMs, onError: (error) => errors.push(error), ...log });
  const streams = createStreamManager<number, string>({ streamLog, ...manager });
  return {
    manager: streams,
    network,
    errors,
    async [Symbol.asyncDispose]() {
      await streams.close();
      opened.close();
      await network[Symbol.asyncDispose]();
    },
  };
}

/** A source that the test drives, for one stream or its continuation. */
export interface Numbers {
  readonly source: PushSource<number, string>;
  /** The sinks, in the order in which the source was started or resumed. */
  readonly sinks: StreamSink<number, string>[];
  /** The events after which it was resumed, each time. */
  readonly resumedAfter: number[][];
  /** Resolves when it has been started or resumed so many times. */
  readonly started: (times?: number) => Promise<StreamSink<number, string>>;
}

/** Returns a source of numbers, which may be able to continue after a loss. */
export function numbers({ canResume = false } = {}): Numbers {
  const sinks: StreamSink<number, string>[] = [];
  const resumedAfter: number[][] = [];
  const waiting: (() => void)[] = [];
  const add = (sink: StreamSink<number, string>): void => {
    sinks.push(sink);
    for (const wake of waiting.splice(0)) wake();
  };
  return {
    source: {
      start: add,
      ...(canResume && {
        resume(sink: StreamSink<number, string>, events: readonly number[]) {
          resumedAfter.push([...events]);
          add(sink);
        },
      }),
    },
    sinks,
    resumedAfter,
    async started(times = 1) {
      while (sinks.length < times) await new Promise<void>((resolve) => waiting.push(resolve));
      const sink = sinks[times - 1];
      if (sink === undefined) throw new Error('the source was not started');
      return sink;
    },
  };
}

/** A reader, and what it has got. */
export interface Reader {
  readonly items: (number | GapEvent)[];
  readonly positions: string[];
  /** Resolves with the end. */
  readonly end: Promise<SubscriptionEnd<string>>;
  /** Resolves when it has so many items. */
  readonly has: (count: number) => Promise<void>;
  readonly leave: () => void;
}

/** Reads a stream from its start, or from where the options say. */
export function read(stream: ManagedStream<number, string>, options: SubscribeOptions = {}): Reader {
  const items: (number | GapEvent)[] = [];
  const positions: string[] = [];
  const waiting: (() => void)[] = [];
  const wake = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const { promise, resolve } = Promise.withResolvers<SubscriptionEnd<string>>();
  let status: string | undefined;
  const subscription = stream.subscribe(
    {
      item(item, position) {
        items.push(item);
        positions.push(position);
        wake();
      },
      end(end) {
        ({ status } = end);
        resolve(end);
        wake();
      },
    },
    { from: 'start', ...options } as SubscribeOptions,
  );
  return {
    items,
    positions,
    end: promise,
    async has(count) {
      while (items.length < count) {
        if (status !== undefined) throw new Error(`${status} after ${items.length} events, expected ${count}`);
        await new Promise<void>((done) => waiting.push(done));
      }
    },
    leave: () => subscription.unsubscribe(),
  };
}

/** A stream of one node, read on it and on another one. */
export interface SharedNumbers {
  readonly id: string;
  readonly stream: ManagedStream<number, string>;
  readonly sink: StreamSink<number, string>;
  readonly own: Reader;
  readonly far: Reader;
}

/** Starts a stream of numbers on one node, and reads it on both. */
export async function share(
  one: Pick<Node, 'manager'>,
  other: Pick<Node, 'manager'>,
  { source, started } = numbers(),
): Promise<SharedNumbers> {
  const id = randomUUID();
  const stream = one.manager.start(source, { id });
  await one.manager.attach(id);
  const far = read(await other.manager.attach(id));
  return { id, stream, sink: await started(), own: read(stream), far };
}

/** The numbers from 0 up to, not including, `count`. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
