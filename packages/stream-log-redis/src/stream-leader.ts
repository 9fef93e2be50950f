import type { LedStream, StreamLeader } from '@gemini/stream-manager';
import { claim, type LeaderContext, retainMsOf } from './claim.ts';
import { joinLines, writeEnd } from './entries.ts';
import { appendScript, extendScript, listenersScript, releaseScript } from './scripts.ts';
import { type CancelTimer, retryDelayMs, startTimer, wait } from './timing.ts';

/** The characters that are read for one call, before the line that exceeds them. */
const maxBatchLength = 32_768;

/**
 * Writes a stream of this process to Redis. One call at a time is in flight: what is pushed meanwhile goes with the next
 * one. The answer of each call gives the index to continue at, which alone repairs a lost reply, a failover that lost the last
 * events, and a Redis that came back empty or from an old file.
 */
export class RedisLeader implements StreamLeader {
  readonly onSlow: 'buffer' | 'pause';
  readonly #context: LeaderContext;
  readonly #epoch: number;
  #led: LedStream | undefined;
  /** The index of the next line to write. */
  #index: number;
  /** The index of the oldest event in Redis, as far as this process has removed older ones. */
  #trimmedTo: number | undefined;
  #isClaimed: boolean;
  /** Whether the stream was in Redis at any time: if so, another owner has taken it away. */
  #wasClaimed: boolean;
  #isRunning = false;
  #isWoken = false;
  #isStopped = false;
  #isReleased = false;
  #isDone = false;
  #lastCallAt = -Infinity;
  /** The time of the last call that renewed the lease, by the clock of this process. */
  #renewedAt = -Infinity;
  /** The time from which an end that cannot be stored is given up; undefined while the stream runs. */
  #giveUpAt: number | undefined;
  /**
   * The time until which the stored end is watched; undefined while it is not stored. A process that missed its message
   * reads it within two leases, and Redis may lose it before that.
   */
  #watchUntil: number | undefined;
  #failuresCount = 0;
  #cancelTimer: CancelTimer | undefined;
  #onIdle: (() => void) | undefined;

  /** `claimed` is the answer to the claim; undefined if Redis has not answered yet. */
  constructor(context: LeaderContext, claimed: { epoch: number; next: number } | undefined) {
    this.onSlow = context.options.onSlow;
    this.#context = context;
    this.#epoch = claimed?.epoch ?? context.request.epoch;
    this.#index = claimed?.next ?? 0;
    this.#isClaimed = claimed !== undefined;
    this.#wasClaimed = this.#isClaimed;
    if (this.#isClaimed) this.#renewedAt = performance.now();
  }

  start(led: LedStream): void {
    this.#led = led;
    // Claims a stream that was not claimed yet, and renews the lease of one that has to wait for its place.
    this.#beatLater();
    if (!this.#isClaimed) this.wake();
  }

  wake(): void {
    this.#isWoken = true;
    if (this.#isRunning || this.#isDone) return;
    this.#isRunning = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    void this.#run();
  }

  release(): void {
    this.#isReleased = true;
    this.wake();
  }

  /** A process asks for a stop. */
  stop(reason: string): void {
    if (this.#isStopped || this.#isDone) return;
    this.#isStopped = true;
    this.#led?.stop(reason);
  }

  async isFollowed(): Promise<boolean> {
    const { connection, keys, options } = this.#context;
    const reply = await connection.run(listenersScript, [keys.meta], [connection.publishCommand, keys.channel]);
    // After a disturbance the followers may not have subscribed again.
    return Number((reply as unknown[])[0]) > 0 || connection.quietMs < options.leaseMs;
  }

  /** Resolves when the end is stored, or given up. */
  whenDone(): Promise<void> {
    if (this.#isDone || this.#watchUntil !== undefined) return Promise.resolve();
    return new Promise((resolve) => (this.#onIdle = resolve));
  }

  /** Writes nothing any more: the claim runs out by itself. */
  abandon(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#cancelTimer?.();
    this.#led = undefined;
    this.#context.onDone();
    this.#onIdle?.();
  }

  async #run(): Promise<void> {
    // What is pushed in the meantime goes with the same call.
    await this.#context.turns.next();
    do {
      this.#isWoken = false;
      while (await this.#step());
    } while (this.#isWoken && !this.#isDone);
    this.#isRunning = false;
    if (!this.#isDone) this.#beatLater();
  }

  /** Makes one call, if there is something to write. Returns whether there may be more. */
  async #step(isHeartbeat = false): Promise<boolean> {
    if (this.#led === undefined) return false;
    await this.#pace();
    const led = this.#led;
    if (led === undefined) return false;
    try {
      if (!this.#isClaimed) return await this.#claim(led);
      const first = Math.min(Math.max(this.#index, led.oldest), led.next);
      const lines = led.read(first, maxBatchLength);
      const end = first + lines.length === led.next ? led.end : undefined;
      const isNew = lines.length > 0 || (end !== undefined && this.#watchUntil === undefined);
      if (!isNew && this.#isReleased) return await this.#giveUp();
      if (!isNew && !isHeartbeat) return false;
      await this.#append(led, first, lines, end);
      this.#failuresCount = 0;
      return true;
    } catch {
      return this.#failed(led);
    }
  }

  async #append(led: LedStream, first: number, lines: readonly string[], end: string | undefined): Promise<void> {
    const { options, connection, keys, owner } = this.#context;
    const nowMs = performance.now();
    this.#lastCallAt = nowMs;
    // The first entry of a log needs a renewal, for its expiry.
    const isRenewal = nowMs - this.#renewedAt >= options.leaseMs / 3 || lines.length === 0 || first === led.oldest;
    const { oldest } = led;
    // Most writes only add events, which is two thirds of the work in Redis.
    if (!isRenewal && end === undefined && oldest === this.#trimmedTo) {
      const isAdded = await this.#extend(first, lines);
      if (isAdded) this.#onWritten(led, first + lines.length);
      if (isAdded || this.#isDone) return;
    }
    const reply = (await connection.run(
      appendScript,
      [keys.meta, keys.log],
      [
        owner,
        this.#epoch,
        first,
        lines.length,
        Math.min(oldest, first),
        isRenewal ? options.leaseMs : 0,
        options.abandonMs,
        this.#retainMs(),
        connection.publishCommand,
        keys.channel,
        joinLines(lines),
        end === undefined ? '' : writeEnd({ type: 'ended', line: end }),
      ],
    )) as unknown[];
    // Abandoned in the meantime.
    if (this.#isDone) return;
    const [answer, value, stop] = reply.map(String);
    if (answer === 'ok') {
      if (isRenewal) this.#renewedAt = nowMs;
      if (lines.length > 0) this.#trimmedTo = oldest;
      this.#onWritten(led, first + lines.length);
      if (end !== undefined) this.#onStored(nowMs);
      if (reply[2] !== null) this.stop(stop ?? '');
      return;
    }
    this.#watchUntil = undefined;
    if (answer === 'at' && Number(value) <= led.next) this.#index = Number(value);
    else if (answer === 'gone') this.#isClaimed = false;
    else this.#lose(led);
  }

  /** Adds lines behind those in Redis. Returns whether it has: if not, `append` says why. */
  async #extend(first: number, lines: readonly string[]): Promise<boolean> {
    const { connection, keys, owner } = this.#context;
    const next = first + lines.length;
    const reply = await connection.run(
      extendScript,
      [keys.meta, keys.log],
      [
        owner,
        first,
        next,
        `${this.#epoch}-${next}`,
        `${this.#epoch} ${first} ${lines.length}`,
        joinLines(lines),
        connection.publishCommand,
        keys.channel,
      ],
    );
    return Number(reply) === 1;
  }

  #onWritten(led: LedStream, next: number): void {
    // Abandoned in the meantime.
    if (this.#isDone) return;
    this.#index = next;
    if (this.onSlow === 'pause') led.confirm(next);
  }

  #onStored(nowMs: number): void {
    this.#watchUntil ??= nowMs + 2 * this.#context.options.leaseMs;
    if (nowMs >= this.#watchUntil) this.abandon();
    this.#onIdle?.();
  }

  async #claim(led: LedStream): Promise<boolean> {
    this.#lastCallAt = performance.now();
    const answer = await claim(this.#context, {
      epoch: this.#epoch,
      first: led.oldest,
      mostOverdueMs: 0,
      canContinue: false,
    });
    if (this.#isDone) return false;
    // `resumed` is the answer to an earlier claim of this leader that was late: the stream runs from its start instead.
    if (answer.type !== 'led') {
      this.#lose(led);
      return false;
    }
    this.#isClaimed = true;
    this.#wasClaimed = true;
    this.#renewedAt = performance.now();
    this.#index = answer.next;
    return true;
  }

  /** Leaves the stream to a process that can continue it. */
  async #giveUp(): Promise<boolean> {
    const { options, connection, keys, owner } = this.#context;
    await connection.run(releaseScript, [keys.meta], [owner, options.leaseMs, connection.publishCommand, keys.channel]);
    this.abandon();
    return false;
  }

  #lose(led: LedStream): void {
    this.abandon();
    led.fail(this.#wasClaimed ? 'producer-lost' : 'duplicate-id');
  }

  /** Waits before the call is made again; gives up an end that cannot be stored while the manager would keep it. */
  async #failed(led: LedStream): Promise<boolean> {
    if (this.#isDone) return false;
    if (led.end !== undefined) {
      this.#giveUpAt ??= performance.now() + this.#retainMs();
      if (performance.now() >= this.#giveUpAt) {
        this.abandon();
        return false;
      }
    }
    this.#renewedAt = -Infinity;
    // Ten times in a lease: as soon as Redis is back, this process shows that it is not lost.
    await wait(retryDelayMs(this.#failuresCount, Math.random(), this.#context.options.leaseMs / 10));
    this.#failuresCount += 1;
    return !this.#isDone;
  }

  async #pace(): Promise<void> {
    const { batchMs } = this.#context.options;
    if (batchMs === 0 || this.#led?.end !== undefined) return;
    const waitMs = this.#lastCallAt + batchMs - performance.now();
    if (waitMs > 0) await wait(waitMs);
  }

  /** Renews the lease a third after it was renewed, if no other write does; looks for a stored end as often. */
  #beatLater(): void {
    this.#cancelTimer?.();
    const sinceMs = performance.now() - this.#renewedAt;
    this.#cancelTimer = startTimer(Math.max(0, this.#context.options.leaseMs / 3 - sinceMs), () => {
      this.#cancelTimer = undefined;
      if (this.#isRunning || this.#isDone) return;
      this.#isRunning = true;
      void this.#step(true).then(() => this.#run());
    });
  }

  #retainMs(): number {
    return retainMsOf(this.#context);
  }
}
