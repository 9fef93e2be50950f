import type { RedisAdapter, RedisSubscriber } from './redis-client.ts';
import { type RedisConnection, unavailable } from './redis-connection.ts';
import { retryDelayMs, startTimer, wait, withDeadline } from './timing.ts';

/** The receiver of what is published on a channel. Its methods never throw. */
export interface ChannelObserver {
  onMessage(message: string): void;
  /** Messages may be missing. */
  onRestored(): void;
}

/** The listeners that are called in one go after an outage, and the time between two goes. */
const restoredAtOnce = 64;
const restoredEveryMs = 20;

/** The channels that this process listens to, over one more connection. */
export class Subscriptions {
  readonly #connection: RedisConnection;
  readonly #timeoutMs: number;
  readonly #listeners = new Map<string, Set<ChannelObserver>>();
  /** The last command on each channel: the next one waits for it, or they could overtake each other. */
  readonly #commands = new Map<string, Promise<void>>();
  #subscriber: Promise<RedisSubscriber> | undefined;
  #cancelRestore: (() => void) | undefined;
  #isClosed = false;

  constructor(connection: RedisConnection, timeoutMs: number) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
  }

  /** Adds a listener. Resolves when Redis has confirmed the subscription: then nothing more is missed. */
  async add(channel: string, listener: ChannelObserver): Promise<void> {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    await this.#within(listeners.size === 1 ? this.#subscribe(channel) : this.#commandOn(channel));
  }

  /** Removes a listener; the last one ends the subscription. */
  remove(channel: string, listener: ChannelObserver): void {
    const listeners = this.#listeners.get(channel);
    if (listeners?.delete(listener) !== true || listeners.size > 0) return;
    this.#listeners.delete(channel);
    void this.#enqueue(channel, async (subscriber) => {
      // Another listener may have come in the meantime.
      if (!this.#listeners.has(channel)) await subscriber.unsubscribe(channel);
    });
  }

  /** Subscribes once more: messages were missed although no connection was lost, as after a failover. */
  renew(channel: string): void {
    void this.#enqueue(channel, (subscriber) => subscriber.unsubscribe(channel));
    void this.#subscribe(channel);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRestore?.();
    this.#listeners.clear();
    void this.#subscriber?.then((subscriber) => subscriber.close(), ignore);
  }

  #commandOn(channel: string): Promise<void> {
    return this.#commands.get(channel) ?? Promise.resolve();
  }

  #subscribe(channel: string): Promise<void> {
    return this.#enqueue(channel, async (subscriber) => {
      if (this.#listeners.has(channel)) await subscriber.subscribe(channel);
    });
  }

  /** Gives a command after the last one on its channel, and again until it succeeds; never rejects. */
  #enqueue(channel: string, command: (subscriber: RedisSubscriber) => Promise<void>): Promise<void> {
    const done = this.#commandOn(channel).then(async () => {
      for (let failures = 0; !this.#isClosed; failures += 1) {
        try {
          return await command(await this.#connect());
        } catch {
          await wait(retryDelayMs(failures, Math.random()));
        }
      }
    });
    this.#commands.set(channel, done);
    void done.finally(() => {
      if (this.#commands.get(channel) === done) this.#commands.delete(channel);
    });
    return done;
  }

  #within(done: Promise<void>): Promise<void> {
    return withDeadline(done, this.#timeoutMs, () => unavailable('Redis did not confirm a subscription in time'));
  }

  #connect(): Promise<RedisSubscriber> {
    this.#subscriber ??= this.#create(this.#connection.adapter).catch((error: unknown) => {
      this.#subscriber = undefined;
      throw error;
    });
    return this.#subscriber;
  }

  #create(adapter: RedisAdapter): Promise<RedisSubscriber> {
    return adapter.createSubscriber({
      ...this.#connection.changes(() => void this.#restore()),
      onMessage: (channel, message) => {
        for (const listener of this.#listeners.get(channel) ?? []) listener.onMessage(message);
      },
    });
  }

  /** Calls the listeners when the channels are subscribed to again: all of them at once would be a storm of reads. */
  async #restore(): Promise<void> {
    if (this.#subscriber === undefined || this.#listeners.size === 0) return;
    try {
      const subscriber = await this.#subscriber;
      await this.#within(subscriber.ping());
    } catch {
      // The connection is lost again, or its listeners look by themselves after a part of a lease.
    }
    this.#cancelRestore?.();
    const listeners = [...this.#listeners.values()].flatMap((channel) => [...channel]);
    const next = (): void => {
      for (const listener of listeners.splice(0, restoredAtOnce)) listener.onRestored();
      if (listeners.length > 0) this.#cancelRestore = startTimer(restoredEveryMs, next);
    };
    next();
  }
}

function ignore(): void {}
