import type { Claim, FollowedStream, LeadRequest, StreamLog, StreamLogProvider } from '@gemini/stream-manager';
import { randomBytes } from 'node:crypto';
import { claim, type ClaimAnswer, type ClaimedRange, type LeaderContext } from './claim.ts';
import { formatVersion, type Reading, texts } from './entries.ts';
import { RedisFollow, type TakenOver } from './followed-stream.ts';
import { HeldMessages } from './held-messages.ts';
import { judgeLease, noSuspicion } from './lease-watch.ts';
import { type RedisStreamLogOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { adaptClient, type RedisAdapter } from './redis-client.ts';
import { RedisConnection, unavailable, unknownFormat } from './redis-connection.ts';
import { stopScript } from './scripts.ts';
import { readHistory, readOnce, type StoredHistory } from './stored-stream.ts';
import { RedisLeader } from './stream-leader.ts';
import { checkId, controlChannel, streamKeys } from './stream-keys.ts';
import { type ChannelObserver, Subscriptions } from './subscriptions.ts';
import { heirMsOf, retryDelayMs, wait, withDeadline } from './timing.ts';
import { WriteTurns } from './write-turns.ts';

/**
 * Returns a log in Redis or Valkey, for `streamLog` of a manager or a client: every process with the same Redis, prefix
 * and lease serves the streams of all.
 *
 * @throws TypeError for a client that cannot be used, an unknown option, or a value out of its range
 */
export function redisStreamLog(options: RedisStreamLogOptions): StreamLogProvider {
  const resolved = resolveOptions(options);
  const adapter = adaptClient(resolved.client);
  return () => new RedisStreamLog(resolved, adapter);
}

/** The log of one manager. */
class RedisStreamLog implements StreamLog {
  readonly #options: ResolvedOptions;
  readonly #connection: RedisConnection;
  readonly #subscriptions: Subscriptions;
  readonly #turns = new WriteTurns();
  /** The name of this log among all; the token of each stream that it leads begins with it. */
  readonly #node = randomBytes(12).toString('base64url');
  /** By their token. */
  readonly #leaders = new Map<string, RedisLeader>();
  readonly #stops = new Set<Promise<void>>();
  #leadersCount = 0;
  #isClosed = false;

  constructor(options: ResolvedOptions, adapter: RedisAdapter) {
    this.#options = options;
    this.#connection = new RedisConnection(adapter, options);
    this.#subscriptions = new Subscriptions(this.#connection, options.timeoutMs);
  }

  check(id: string): void {
    checkId(id);
  }

  async lead(request: LeadRequest): Promise<Claim> {
    this.#hearStops();
    const context = this.#leaderContext(request);
    const { id, epoch, canResume } = request;
    let answer: ClaimAnswer;
    try {
      answer = await this.#retry(
        () => claim(context, { epoch, first: 0, mostOverdueMs: 0, canContinue: canResume }),
        true,
      );
    } catch {
      // Redis is away: the stream runs for the readers of this process, and is claimed later.
      return { type: 'led', leader: this.#add(context, undefined) };
    }
    if (answer.type === 'format') throw unknownFormat(id, answer.version, formatVersion);
    if (answer.type === 'led') return { type: 'led', leader: this.#add(context, answer) };
    if (answer.type === 'resumed') return this.#resumed(context, answer);
    if (canResume) {
      const resumed = await this.#resume(context);
      if (resumed !== undefined) return resumed;
    }
    const stream = await this.#follow(id, canResume ? request : undefined);
    // It has expired between the two calls.
    if (stream === undefined) return this.lead(request);
    return { type: 'taken', stream, lostAfterMs: 2 * this.#options.leaseMs + this.#options.timeoutMs };
  }

  follow(id: string): Promise<FollowedStream | undefined> {
    return this.#follow(id, undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const leaders = [...this.#leaders.values()];
    const ends = Promise.all([...leaders.map((leader) => leader.whenDone()), ...this.#stops]);
    await Promise.race([ends, wait(this.#options.timeoutMs)]);
    for (const leader of leaders) leader.abandon();
    this.#subscriptions.close();
    this.#connection.close();
  }

  /** Follows a stream; `heir` is the request of a start in this process that can continue it. */
  async #follow(id: string, heir: LeadRequest | undefined): Promise<FollowedStream | undefined> {
    const keys = streamKeys(this.#options.prefix, id);
    const held = new HeldMessages();
    try {
      // What is published while the history is read comes after it.
      await this.#subscriptions.add(keys.channel, held);
      const history = await this.#history(id, heir === undefined ? 0 : heirMsOf(this.#options));
      if (history === undefined) return undefined;
      const followed = new RedisFollow(
        {
          id,
          keys,
          options: this.#options,
          connection: this.#connection,
          subscriptions: this.#subscriptions,
          requestStop: (reason) => this.#requestStop(id, reason),
          takeOver: heir && ((range) => this.#takeOver(heir, range)),
        },
        history,
        held,
      );
      if (history.end === undefined) void this.#subscriptions.add(keys.channel, followed).catch(ignore);
      return followed;
    } finally {
      this.#subscriptions.remove(keys.channel, held);
    }
  }

  /** Reads a whole stream. One that is not there, or not whole, may be stored again by its leader after an outage. */
  async #history(id: string, heirMs = 0): Promise<StoredHistory | undefined> {
    const { prefix, leaseMs, timeoutMs } = this.#options;
    const untilMs = performance.now() + timeoutMs;
    const keys = streamKeys(prefix, id);
    return this.#retry(async () => {
      for (;;) {
        const history = await readHistory(this.#connection, id, keys, heirMs);
        const isLate = performance.now() >= untilMs;
        if (history === undefined ? isLate || this.#connection.quietMs > leaseMs : history.isWhole) return history;
        if (isLate) {
          if (history?.end !== undefined) return { ...history, end: { type: 'lost', code: 'history-lost' } };
          throw unavailable(`the events of stream ${id} are not all there`);
        }
        await wait(retryDelayMs(0, Math.random()));
      }
    });
  }

  /**
   * Takes the stream of a lost process over for a start that finds its lease over. Only looks over a part of a lease show
   * that the process is lost: Redis may just be back from an outage, and its leader not yet.
   */
  async #resume(context: LeaderContext): Promise<Claim | undefined> {
    const { request, keys } = context;
    const { leaseMs } = this.#options;
    let state = noSuspicion;
    while (!this.#isClosed) {
      let reading: Reading | undefined;
      try {
        const mustBeWritable = state.suspect !== undefined;
        reading = await readOnce(this.#connection, request.id, keys, {
          epoch: undefined,
          index: Number.MAX_SAFE_INTEGER,
          mustBeWritable,
          heirMs: heirMsOf(this.#options),
        });
      } catch {
        // Following it repeats the looks.
        return undefined;
      }
      if (reading === undefined || reading.end !== undefined || reading.leftMs > 0) return undefined;
      const look = { nowMs: performance.now(), lease: reading, quietMs: this.#connection.quietMs };
      const verdict = judgeLease(state, look, { leaseMs, canContinue: true });
      if (verdict.finding === 'lost') {
        const range = {
          epoch: reading.epoch,
          first: 0,
          mostOverdueMs: leaseMs / 10 - reading.leftMs,
          canContinue: true,
        };
        const taken = await this.#retry(() => claim(context, range));
        return taken.type === 'resumed' ? this.#resumed(context, taken) : undefined;
      }
      state = verdict.state;
      await wait(verdict.againMs);
    }
    return undefined;
  }

  async #resumed(context: LeaderContext, taken: { epoch: number; next: number }): Promise<Claim> {
    const { id } = context.request;
    const stored = await this.#history(id);
    if (stored === undefined) throw unavailable(`stream ${id} was lost while it was taken over`);
    return { type: 'resumed', leader: this.#add(context, taken), stored };
  }

  /** Claims the stream of a lost process, which a start of this process follows. */
  async #takeOver(request: LeadRequest, range: ClaimedRange): Promise<TakenOver | undefined> {
    const context = this.#leaderContext(request);
    const answer = await claim(context, range);
    if (answer.type !== 'led' && answer.type !== 'resumed') return undefined;
    return { leader: this.#add(context, answer), next: answer.next };
  }

  /** Repeats a call until it succeeds, for the time of one call; an urgent one not if Redis has been away for long. */
  async #retry<Value>(call: () => Promise<Value>, isUrgent = false): Promise<Value> {
    const { timeoutMs } = this.#options;
    let isOver = false;
    let cause: unknown;
    const attempts = async (): Promise<Value> => {
      for (let failures = 0; ; failures += 1) {
        try {
          return await call();
        } catch (error) {
          cause = error;
          if (isOver || (isUrgent && this.#connection.isAway)) throw error;
          await wait(retryDelayMs(failures, Math.random()));
        }
      }
    };
    try {
      return await withDeadline(attempts(), timeoutMs, () =>
        unavailable(`Redis did not answer within ${timeoutMs} ms`, cause),
      );
    } finally {
      isOver = true;
    }
  }

  #leaderContext(request: LeadRequest): LeaderContext {
    this.#leadersCount += 1;
    const owner = `${this.#node}/${this.#leadersCount}`;
    return {
      options: this.#options,
      connection: this.#connection,
      keys: streamKeys(this.#options.prefix, request.id),
      turns: this.#turns,
      owner,
      request,
      onDone: () => void this.#leaders.delete(owner),
    };
  }

  #add(context: LeaderContext, claimed: { epoch: number; next: number } | undefined): RedisLeader {
    const leader = new RedisLeader(context, claimed);
    this.#leaders.set(context.owner, leader);
    return leader;
  }

  #requestStop(id: string, reason: string): void {
    const stop = this.#stop(id, reason).finally(() => this.#stops.delete(stop));
    this.#stops.add(stop);
  }

  /** Keeps the reason with the stream, where its leader finds it at the latest with its next call, and sends it there. */
  async #stop(id: string, reason: string): Promise<void> {
    const { prefix, abandonMs } = this.#options;
    const { meta } = streamKeys(prefix, id);
    const untilMs = performance.now() + abandonMs;
    for (let failures = 0; !this.#isClosed && performance.now() < untilMs; failures += 1) {
      try {
        const [owner, kept] = texts(await this.#connection.run(stopScript, [meta], [reason]));
        const node = owner?.split('/')[0];
        if (node !== undefined) await this.#connection.publish(controlChannel(prefix, node), `${owner}\n${kept}`);
        return;
      } catch {
        await wait(retryDelayMs(failures, Math.random()));
      }
    }
  }

  /** Subscribes to the stops of this log's streams, once. A stop that is not heard comes with the next call. */
  #hearStops(): void {
    if (this.#leadersCount > 0) return;
    const control: ChannelObserver = {
      onMessage: (message) => {
        const end = message.indexOf('\n');
        this.#leaders.get(message.slice(0, end))?.stop(message.slice(end + 1));
      },
      onRestored() {},
    };
    const channel = controlChannel(this.#options.prefix, this.#node);
    void this.#subscriptions.add(channel, control).catch(ignore);
  }
}

function ignore(): void {}
