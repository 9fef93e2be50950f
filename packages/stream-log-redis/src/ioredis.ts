import { type ConnectionEvents, type ConnectionObserver, observeConnection } from './connection-observer.ts';
import type { RedisAdapter, RedisSubscriber, SubscriberObserver } from './redis-client.ts';

/** A client of `ioredis` or `iovalkey`, as far as it is used. */
interface Client {
  readonly isCluster?: boolean;
  readonly status: string;
  readonly options?: { readonly keyPrefix?: string; readonly shardedSubscribers?: boolean };
  call(name: string, ...args: string[]): Promise<unknown>;
  duplicate(): Client;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  ssubscribe(channel: string): Promise<unknown>;
  sunsubscribe(channel: string): Promise<unknown>;
  ping(): Promise<unknown>;
  disconnect(): void;
  on(event: string, listener: (...args: string[]) => void): unknown;
  off(event: string, listener: (...args: string[]) => void): unknown;
}

/** Changes of a connection: of a client, and of the nodes of a cluster. */
const events: ConnectionEvents = { losses: ['close', '-node'], returns: ['ready', '+node'] };

/** Commands over a client of `ioredis` 5 or 6, or `iovalkey`. */
export class IoredisAdapter implements RedisAdapter {
  readonly isCluster: boolean;
  readonly #client: Client;

  /** @throws TypeError for a client whose commands or channels would go astray */
  constructor(client: unknown) {
    this.#client = client as Client;
    this.isCluster = this.#client.isCluster === true;
    const { keyPrefix, shardedSubscribers } = this.#client.options ?? {};
    if (keyPrefix !== undefined && keyPrefix !== '') {
      throw new TypeError('client: expected no keyPrefix, which does not reach channels; set prefix of redisStreamLog');
    }
    if (this.isCluster && shardedSubscribers !== true) {
      throw new TypeError('client: a cluster needs ioredis 5.9 or later with shardedSubscribers: true');
    }
  }

  isReady(): boolean {
    return this.#client.status === 'ready';
  }

  send(_key: string, command: readonly string[]): Promise<unknown> {
    // The client finds the key in the command by itself.
    const [name = '', ...args] = command;
    return this.#client.call(name, ...args);
  }

  watch(observer: ConnectionObserver): () => void {
    return observeConnection(this.#client, events, observer);
  }

  async createSubscriber(observer: SubscriberObserver): Promise<RedisSubscriber> {
    const client = this.#client.duplicate();
    const { isCluster } = this;
    client.on('error', () => observer.onLost());
    observeConnection(client, events, observer);
    client.on(isCluster ? 'smessage' : 'message', (channel = '', message = '') => observer.onMessage(channel, message));
    return {
      async subscribe(channel) {
        await (isCluster ? client.ssubscribe(channel) : client.subscribe(channel));
      },
      async unsubscribe(channel) {
        await (isCluster ? client.sunsubscribe(channel) : client.unsubscribe(channel));
      },
      async ping() {
        // A cluster has a subscribing connection for each shard, which cannot be asked.
        if (!isCluster) await client.ping();
      },
      close: () => client.disconnect(),
    };
  }
}
