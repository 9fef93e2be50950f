import type { ConnectionObserver } from './connection-observer.ts';
import { IoredisAdapter } from './ioredis.ts';
import { NodeRedisAdapter } from './node-redis.ts';

/** A connected client of `redis`, `ioredis` or `iovalkey`, alone or a cluster, as far as it is recognised by. */
export type RedisLikeClient = NodeRedisLike | IoredisLike;

/** A client of `redis` 5 or 6: `createClient()`, or of version 6 `createCluster()`. */
export interface NodeRedisLike {
  readonly isOpen: boolean;
  sendCommand(...args: never[]): unknown;
  duplicate(...args: never[]): unknown;
}

/** A client of `ioredis` or `iovalkey`: `Redis`, or `Cluster` with `shardedSubscribers`. */
export interface IoredisLike {
  readonly status: string;
  call(...args: never[]): unknown;
  duplicate(...args: never[]): unknown;
}

/** The calls to a Redis client, which is different for each library. */
export interface RedisAdapter {
  readonly isCluster: boolean;
  /** Whether a command would be sent now; if not, the client would keep it in a queue without a bound. */
  isReady(): boolean;
  /** Sends a command to the node that has the key. The signal takes back a command that was not sent yet. */
  send(key: string, command: readonly string[], signal?: AbortSignal): Promise<unknown>;
  /** Calls back when the connection changes, until the returned function is called. */
  watch(observer: ConnectionObserver): () => void;
  /** Makes the client that subscribes; it connects by itself. */
  createSubscriber(observer: SubscriberObserver): Promise<RedisSubscriber>;
}

/** The client that subscribes. It subscribes again by itself after its connection was lost. */
export interface RedisSubscriber {
  /** Resolves when Redis has confirmed it. */
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** Resolves when every command before it was answered. */
  ping(): Promise<void>;
  close(): void;
}

/** The calls from a subscriber. */
export interface SubscriberObserver extends ConnectionObserver {
  onMessage(channel: string, message: string): void;
}

/**
 * Recognises a client.
 * @throws TypeError for anything else, and for a client that cannot be used
 */
export function adaptClient(client: RedisLikeClient): RedisAdapter {
  const like = (typeof client === 'object' || typeof client === 'function' ? client : {}) as Partial<
    NodeRedisLike & IoredisLike
  > | null;
  if (typeof like?.duplicate === 'function') {
    if (typeof like.call === 'function' && typeof like.status === 'string') return new IoredisAdapter(client);
    if (typeof like.sendCommand === 'function' && typeof like.isOpen === 'boolean') return new NodeRedisAdapter(client);
  }
  throw new TypeError('client: expected a client of redis, ioredis or iovalkey');
}
