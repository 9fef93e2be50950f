import { EventEmitter } from 'node:events';
import { createStreamManager, type StreamSink } from '@gemini/stream-manager';
import { createEventQueue, type EventQueue } from './event-queue.ts';

/** The event that every contender delivers. */
export interface BenchEvent {
  readonly index: number;
}

/** One source and its subscribers, which count what they get. */
export interface FanOut {
  push(event: BenchEvent): void;
  /** How many deliveries there have been, over all subscribers. */
  delivered(): number;
  close(): void;
}

export type CreateFanOut = (subscribers: number) => FanOut;

function managed(subscribe: (stream: ReturnType<typeof start>['stream'], count: () => void) => void): CreateFanOut {
  return (subscribers) => {
    let delivered = 0;
    const { stream, sink } = start();
    for (let index = 0; index < subscribers; index++) subscribe(stream, () => delivered++);
    return { push: (event) => void sink.push(event), delivered: () => delivered, close: () => stream.stop() };
  };
}

function start() {
  const sinks: StreamSink<BenchEvent>[] = [];
  const stream = createStreamManager<BenchEvent>().start({ start: (sink) => void sinks.push(sink) });
  const [sink] = sinks;
  if (sink === undefined) throw new Error('the source was not started');
  return { stream, sink };
}

async function countAll(events: AsyncIterable<unknown>, count: () => void): Promise<void> {
  for await (const _event of events) count();
}

const emitter: CreateFanOut = (subscribers) => {
  let delivered = 0;
  const events = new EventEmitter().setMaxListeners(0);
  for (let index = 0; index < subscribers; index++) events.on('event', () => delivered++);
  return {
    push: (event) => void events.emit('event', event, event.index),
    delivered: () => delivered,
    close: () => void events.removeAllListeners(),
  };
};

const queues: CreateFanOut = (subscribers) => {
  let delivered = 0;
  const all: EventQueue<BenchEvent>[] = Array.from({ length: subscribers }, () => createEventQueue());
  for (const queue of all) void countAll(queue, () => delivered++);
  return {
    push(event) {
      for (const queue of all) queue.push(event);
    },
    delivered: () => delivered,
    close() {
      for (const queue of all) queue.end();
    },
  };
};

const tee: CreateFanOut = (subscribers) => {
  let delivered = 0;
  const controllers: ReadableStreamDefaultController<BenchEvent>[] = [];
  let rest = new ReadableStream<BenchEvent>({ start: (controller) => void controllers.push(controller) });
  for (let index = 1; index < subscribers; index++) {
    const [branch, left] = rest.tee();
    void countAll(branch, () => delivered++);
    rest = left;
  }
  void countAll(rest, () => delivered++);
  return {
    push: (event) => controllers[0]?.enqueue(event),
    delivered: () => delivered,
    close: () => controllers[0]?.close(),
  };
};

/** Delivery in the turn of the push. */
export const byCallback: Record<string, CreateFanOut> = {
  manager: managed((stream, count) => void stream.subscribe(count)),
  EventEmitter: emitter,
};

/** Delivery to `for await`. */
export const byIterator: Record<string, CreateFanOut> = {
  manager: managed((stream, count) => void countAll(stream, count)),
  queues,
  tee,
};
