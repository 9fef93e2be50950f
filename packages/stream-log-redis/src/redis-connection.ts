import { StreamManagerError } from '@gemini/stream-manager';
import type { ResolvedOptions } from './options.ts';
import type { ConnectionObserver } from './connection-observer.ts';
import type { RedisAdapter } from './redis-client.ts';
import type { Script } from './scripts.ts';
import { wait, withDeadline } from './timing.ts';

/** The time between two looks at a client that is not ready. */
const readyAgainMs = 20;

/**
 * Runs scripts over the client of the application. No call is without a deadline: both libraries keep commands while they
 * are disconnected, and a command that is late must not be waited for.
 */
export class RedisConnection {
  readonly adapter: RedisAdapter;
  /** The command that publishes, in scripts and here: in a cluster a channel belongs to the shard of its slot. */
  readonly publishCommand: 'PUBLISH' | 'SPUBLISH';
  readonly #timeoutMs: number;
  readonly #onError: ResolvedOptions['onError'];
  /** An answer that takes longer counts as a disturbance. */
  readonly #slowMs: number;
  readonly #unwatch: () => void;
  #disturbedAt = -Infinity;
  /** The time of the first failure since the last answer; undefined if the last call was answered. */
  #failingSince: number | undefined;
  /** Set while the client has no connection: every call waits for the same one. */
  #connected: Promise<void> | undefined;
  #isClosed = false;

  constructor(adapter: RedisAdapter, { timeoutMs, leaseMs, onError }: ResolvedOptions) {
    this.adapter = adapter;
    this.publishCommand = adapter.isCluster ? 'SPUBLISH' : 'PUBLISH';
    this.#timeoutMs = timeoutMs;
    this.#slowMs = leaseMs / 3;
    this.#onError = onError;
    this.#unwatch = adapter.watch(this.changes());
  }

  /** The time without a failed or slow call and without a change of connections, in milliseconds. */
  get quietMs(): number {
    return performance.now() - this.#disturbedAt;
  }

  /** Whether Redis has been away for so long that it is not worth waiting for. */
  get isAway(): boolean {
    if (this.#failingSince === undefined || this.adapter.isReady()) return false;
    return performance.now() - this.#failingSince > this.#timeoutMs;
  }

  /** Returns the callbacks for a connection to Redis: only one that was lost before comes back with a disturbance. */
  changes(onRestored?: () => void): ConnectionObserver {
    let isLost = false;
    return {
      onLost: () => {
        isLost = true;
        this.disturb();
      },
      onReady: () => {
        if (!isLost) return;
        isLost = false;
        this.disturb();
        onRestored?.();
      },
    };
  }

  /** Notes that the way to Redis was disturbed: what Redis says of leases is not to be trusted for a lease. */
  disturb(): void {
    this.#disturbedAt = performance.now();
  }

  /**
   * Runs a script on the node that has the keys. It may have run although the call fails.
   * @throws StreamManagerError `log-unavailable` past the deadline; errors of the client and of Redis as they are
   */
  async run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args.map(String)];
    try {
      return await this.#send(keys[0] ?? '', ['EVALSHA', script.sha, ...rest]);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return this.#send(keys[0] ?? '', ['EVAL', script.text, ...rest]);
    }
  }

  /** Publishes a message, without a promise that anyone hears it. */
  async publish(channel: string, message: string): Promise<void> {
    await this.#send(channel, [this.publishCommand, channel, message]);
  }

  close(): void {
    this.#isClosed = true;
    this.#unwatch();
  }

  #whenConnected(): Promise<void> {
    const look = async (): Promise<void> => {
      while (!this.adapter.isReady() && !this.#isClosed) await wait(readyAgainMs);
      this.#connected = undefined;
    };
    return (this.#connected ??= look());
  }

  async #send(key: string, command: readonly string[]): Promise<unknown> {
    const startedAt = performance.now();
    const abort = this.#failingSince === undefined ? undefined : new AbortController();
    try {
      // What is sent now would stay in the client's queue, which has no bound.
      if (!this.adapter.isReady()) {
        await withDeadline(this.#whenConnected(), this.#timeoutMs, () =>
          unavailable('the Redis client is not connected'),
        );
      }
      const reply = await withDeadline(this.adapter.send(key, command, abort?.signal), this.#timeoutMs, () =>
        unavailable(`Redis did not answer within ${this.#timeoutMs} ms`),
      );
      this.#failingSince = undefined;
      if (performance.now() - startedAt > this.#slowMs) this.disturb();
      return reply;
    } catch (error) {
      if (!isMissingScript(error)) {
        this.disturb();
        this.#failingSince ??= performance.now();
        this.#report(error);
      }
      abort?.abort();
      throw error;
    }
  }

  #report(error: unknown): void {
    try {
      this.#onError?.(error);
    } catch {
      // Its own affair: the log has to go on.
    }
  }
}

/** Returns the error of a log that does not answer. */
export function unavailable(message: string, cause?: unknown): StreamManagerError {
  return new StreamManagerError('log-unavailable', message, { cause });
}

/** Returns the error of a format that another version of this package has written. */
export function unknownFormat(id: string, version: string, expected: string): StreamManagerError {
  return unavailable(`stream ${id} is stored in format ${version}; this version of the package reads ${expected}`);
}

function isMissingScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
