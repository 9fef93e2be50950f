import { type ConnectionEvents, type ConnectionObserver, observeConnection } from './connection-observer.ts';
import type { RedisAdapter, RedisSubscriber, SubscriberObserver } from './redis-client.ts';

/** A client of `redis`, as far as it is used. */
interface Client {
  readonly isOpen: boolean;
  readonly isReady?: boolean;
  sendCommand(command: readonly string[], options?: CommandOptions): Promise<unknown>;
  duplicate(): Client;
  connect(): Promise<unknown>;
  subscribe(channel: string, listener: Listener): Promise<void>;
  unsubscribe(channel: string, listener: Listener): Promise<void>;
  ping(): Promise<unknown>;
  destroy(): void;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
}

/** A cluster of `redis` 6, as far as it is used. */
interface Cluster extends Omit<Client, 'sendCommand' | 'duplicate'> {
  sendCommand(key: string, isReadonly: boolean, command: readonly string[], options?: CommandOptions): Promise<unknown>;
  duplicate(): Cluster;
  sSubscribe(channel: string, listener: Listener): Promise<void>;
  sUnsubscribe(channel: string, listener: Listener): Promise<void>;
}

interface CommandOptions {
  readonly abortSignal?: AbortSignal | undefined;
}

type Listener = (message: string, channel: string) => void;

/** Changes of a connection: of a client, and of the nodes of a cluster. */
const events: ConnectionEvents = {
  losses: ['reconnecting', 'node-reconnecting', 'node-disconnect'],
  returns: ['ready', 'node-ready'],
};

/** Commands over a client of `redis` 5 or 6. */
export class NodeRedisAdapter implements RedisAdapter {
  readonly isCluster: boolean;
  readonly #client: Client | Cluster;

  /** @throws TypeError for a cluster of `redis` 5 */
  constructor(client: unknown) {
    this.#client = client as Client | Cluster;
    this.isCluster = 'slots' in this.#client;
    // Version 5 keeps the commands for a primary that is gone for ever, and does not look for the new one.
    if (this.isCluster && !('isReady' in this.#client)) {
      throw new TypeError('client: a cluster needs version 6 of redis, or ioredis');
    }
  }

  isReady(): boolean {
    return this.isCluster ? this.#client.isOpen : this.#client.isReady === true;
  }

  send(key: string, command: readonly string[], signal?: AbortSignal): Promise<unknown> {
    const options = signal && { abortSignal: signal };
    if (isCluster(this.#client)) return this.#client.sendCommand(key, false, command, options);
    return this.#client.sendCommand(command, options);
  }

  watch(observer: ConnectionObserver): () => void {
    return observeConnection(this.#client, events, observer);
  }

  async createSubscriber(observer: SubscriberObserver): Promise<RedisSubscriber> {
    const client = this.#client.duplicate();
    const onMessage: Listener = (message, channel) => observer.onMessage(channel, message);
    client.on('error', () => observer.onLost());
    observeConnection(client, events, observer);
    await client.connect();
    return {
      subscribe: (channel) =>
        isCluster(client) ? client.sSubscribe(channel, onMessage) : client.subscribe(channel, onMessage),
      unsubscribe: (channel) =>
        isCluster(client) ? client.sUnsubscribe(channel, onMessage) : client.unsubscribe(channel, onMessage),
      async ping() {
        // A cluster has a subscribing connection for each shard, which cannot be asked.
        if (!isCluster(client)) await client.ping();
      },
      close() {
        // Throws for a client that is closed already.
        if (client.isOpen) client.destroy();
      },
    };
  }
}

function isCluster(client: Client | Cluster): client is Cluster {
  return 'slots' in client;
}
