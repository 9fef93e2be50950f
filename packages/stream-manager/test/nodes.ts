import {
  createStreamManager,
  type GapEvent,
  type ManagedStream,
  type StreamManager,
  type StreamManagerOptions,
  type SubscribeOptions,
} from '../src/index.ts';
import { SharedMemory } from './memory-log.ts';

/** Managers that share a memory, as processes that share a server. */
export function createNodes(
  count: number,
  options: StreamManagerOptions<number, string> = {},
): { memory: SharedMemory; nodes: StreamManager<number, string>[] } {
  const memory = new SharedMemory();
  const nodes = Array.from({ length: count }, () =>
    createStreamManager<number, string>({ streamLog: () => memory.open(), ...options }),
  );
  return { memory, nodes };
}

/** Returns a node by its number. */
export function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
}

/** A reader's record: items, positions and ends. */
export function record<Event>(stream: ManagedStream<Event, string>, options: SubscribeOptions = {}) {
  const items: (Event | GapEvent)[] = [];
  const positions: string[] = [];
  const ends: unknown[] = [];
  const subscription = stream.subscribe(
    {
      item(item: Event | GapEvent, position) {
        items.push(item);
        positions.push(position);
      },
      end: (end) => void ends.push(end),
    },
    options,
  );
  return { items, positions, ends, subscription };
}

/** Resolves when everything that can happen without a timer has happened. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
}
