import type { FollowedStream, FollowSink, StoredEnd } from '@gemini/stream-manager';
import type { ClaimedRange } from './claim.ts';
import { linesFrom, readMessage, type Reading, writeEnd } from './entries.ts';
import type { HeldMessages } from './held-messages.ts';
import { judgeLease, type LeaseState, noSuspicion } from './lease-watch.ts';
import type { ResolvedOptions } from './options.ts';
import type { RedisConnection } from './redis-connection.ts';
import { loseScript } from './scripts.ts';
import { readOnce, type StoredHistory } from './stored-stream.ts';
import type { RedisLeader } from './stream-leader.ts';
import type { StreamKeys } from './stream-keys.ts';
import type { ChannelObserver, Subscriptions } from './subscriptions.ts';
import { type CancelTimer, heirMsOf, retryDelayMs, startTimer } from './timing.ts';

/** A stream to follow, and its log. */
export interface FollowContext {
  readonly id: string;
  readonly keys: StreamKeys;
  readonly options: ResolvedOptions;
  readonly connection: RedisConnection;
  readonly subscriptions: Subscriptions;
  /** Asks the leading process to stop; tries for as long as it makes sense. */
  readonly requestStop: (reason: string) => void;
  /** Claims the stream of a lost process for this one. Undefined if this process cannot continue the stream. */
  readonly takeOver: ((range: ClaimedRange) => Promise<TakenOver | undefined>) | undefined;
}

/** A stream that this process leads from now on; Redis has every event before `next`. */
export interface TakenOver {
  readonly leader: RedisLeader;
  readonly next: number;
}

/** The part of a lease after which a silent stream is looked at. */
const silenceRatio = 0.4;

const historyLost: StoredEnd = { type: 'lost', code: 'history-lost' };

/** A stream that another process leads: from the messages of its channel, and from the log if one is missing. */
export class RedisFollow implements FollowedStream, ChannelObserver {
  readonly epoch: number;
  readonly oldest: number;
  readonly metadata: string | undefined;
  readonly end: StoredEnd | undefined;
  readonly #context: FollowContext;
  /** Messages that wait for the sink, or for a read. */
  readonly #held: HeldMessages;
  #lines: readonly string[];
  /** The index of the next line for the sink. */
  #next: number;
  #sink: FollowSink | undefined;
  #isReading = false;
  #mustRead = false;
  /** Whether a message came since the last look. */
  #hasHeard = false;
  /** Whether the read under way is for a stream that was silent: what it finds was missed. */
  #isLook = false;
  #lease: LeaseState = noSuspicion;
  #owner: string;
  /** The time by which the lease was over when it was looked at last. */
  #overdueMs = 0;
  #takenOver: TakenOver | undefined;
  #failuresCount = 0;
  #cancelTimer: CancelTimer | undefined;
  #isOver = false;

  /** `held` has the messages since before the history was read. */
  constructor(context: FollowContext, history: StoredHistory, held: HeldMessages) {
    this.#context = context;
    this.#held = held;
    this.epoch = history.epoch;
    this.oldest = history.oldest;
    this.metadata = history.metadata;
    this.end = history.end;
    this.#lines = history.lines;
    this.#next = history.oldest + history.lines.length;
    this.#owner = history.owner;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  start(sink: FollowSink): void {
    this.#sink = sink;
    // The copy has them now.
    this.#lines = [];
    this.#lookAfter(this.#context.options.leaseMs * silenceRatio);
    this.#release();
  }

  stop(reason: string): void {
    this.#context.requestStop(reason);
  }

  leave(): void {
    this.#end();
    this.#context.subscriptions.remove(this.#context.keys.channel, this);
  }

  onMessage(message: string): void {
    if (this.#isOver) return;
    this.#hasHeard = true;
    if (this.#sink === undefined || this.#isReading) this.#held.onMessage(message);
    else this.#take(message);
  }

  onRestored(): void {
    if (this.#isOver) return;
    if (this.#sink === undefined || this.#isReading) this.#held.onRestored();
    else this.#read();
  }

  #take(text: string): void {
    const message = readMessage(text);
    if (message === undefined) return;
    // A hole, or another stream under the same id.
    if (message.epoch !== this.epoch || message.first > this.#next) return this.#read();
    // It was given up.
    if (message.lines.length === 0 && message.end === undefined) return this.#read();
    this.#push(linesFrom(message, this.#next), message.first + message.lines.length);
    if (message.end !== undefined) this.#finish(message.end);
  }

  #push(lines: readonly string[], next: number): void {
    if (next <= this.#next) return;
    this.#next = next;
    for (const line of lines) this.#sink?.push(line);
  }

  #finish(end: StoredEnd): void {
    const sink = this.#sink;
    this.#end();
    sink?.finish(end);
  }

  #end(): void {
    this.#isOver = true;
    this.#sink = undefined;
    this.#lines = [];
    this.#held.take();
    this.#cancelTimer?.();
  }

  /** Hands over what was held; reads the log if that is not all. */
  #release(): void {
    const messages = this.#held.take();
    if (messages === undefined) return this.#read();
    for (const message of messages) {
      // A read that a hole has started finds the rest.
      if (this.#isOver || this.#isReading) return;
      this.#take(message);
    }
  }

  #read(): void {
    this.#mustRead = true;
    if (this.#isReading || this.#isOver) return;
    this.#isReading = true;
    void this.#readAll();
  }

  async #readAll(): Promise<void> {
    try {
      while (this.#mustRead && !this.#isOver) {
        this.#mustRead = false;
        await this.#readPage();
      }
      this.#failuresCount = 0;
    } catch {
      // The log is away: it is read again, whatever is heard until then.
      this.#mustRead = true;
      this.#lookAfter(retryDelayMs(this.#failuresCount, Math.random()));
      this.#failuresCount += 1;
    }
    this.#isReading = false;
    this.#isLook = false;
    if (!this.#isOver && !this.#mustRead) this.#release();
  }

  async #readPage(): Promise<void> {
    const { connection, id, keys, options, takeOver } = this.#context;
    const before = this.#next;
    // As long as Redis is full, no leader can renew its lease.
    const mustBeWritable = this.#lease.suspect !== undefined;
    const heirMs = takeOver === undefined ? 0 : heirMsOf(options);
    const from = { epoch: this.epoch, index: this.#next, mustBeWritable, heirMs };
    const reading = await readOnce(connection, id, keys, from);
    if (this.#isOver) return;
    if (reading !== undefined) this.#takeReading(reading);
    if (this.#isOver) return;
    if (this.#takenOver !== undefined && (this.#next >= this.#takenOver.next || !this.#mustRead)) {
      return this.#lead(this.#takenOver);
    }
    if (this.#mustRead) return;
    const { state, finding, againMs } = judgeLease(
      this.#lease,
      { nowMs: performance.now(), lease: reading, quietMs: connection.quietMs },
      { leaseMs: options.leaseMs, canContinue: takeOver !== undefined },
    );
    this.#lease = state;
    const wasMissed = this.#isLook && this.#next > before;
    if (wasMissed) this.#context.subscriptions.renew(this.#context.keys.channel);
    this.#lookAfter(wasMissed ? options.leaseMs / 10 : againMs);
    if (finding !== 'alive') await this.#onLost(finding);
  }

  #takeReading({ epoch, batches, next, end, owner, leftMs }: Reading): void {
    if (epoch !== this.epoch) return this.#finish(historyLost);
    this.#owner = owner;
    this.#overdueMs = Math.max(0, -leftMs);
    for (const batch of batches) {
      if (batch.first > this.#next) {
        this.#next = batch.first;
        this.#sink?.skip(batch.first);
      }
      this.#push(linesFrom(batch, this.#next), batch.first + batch.lines.length);
    }
    if (this.#next < next && batches.length > 0) this.#mustRead = true;
    else if (end !== undefined) this.#finish(this.#next < next ? historyLost : end);
  }

  async #onLost(finding: 'lost' | 'missing'): Promise<void> {
    const { connection, keys, options, takeOver } = this.#context;
    // A call that comes later than the next look is discarded: Redis may have been stopped, and the leader with it.
    const mostOverdueMs = this.#overdueMs + options.leaseMs / 10;
    this.#lease = noSuspicion;
    if (takeOver !== undefined) {
      const taken = await takeOver({ epoch: this.epoch, first: this.oldest, mostOverdueMs, canContinue: true });
      if (this.#isOver) taken?.leader.abandon();
      this.#takenOver = taken;
    } else if (finding === 'missing') return this.#finish(historyLost);
    else {
      // Ends the stream for every process, unless its leader has come back.
      const end = writeEnd({ type: 'lost', code: 'producer-lost' });
      const args = [this.#owner, end, options.abandonMs, connection.publishCommand, keys.channel, mostOverdueMs];
      await connection.run(loseScript, [keys.meta, keys.log], args);
    }
    this.#mustRead = true;
  }

  #lead({ leader }: TakenOver): void {
    const sink = this.#sink;
    this.leave();
    sink?.lead(leader);
  }

  #lookAfter(delayMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = startTimer(delayMs, () => this.#look());
  }

  /** Reads a stream that was silent; one that talks renews its lease by that. */
  #look(): void {
    const { leaseMs } = this.#context.options;
    const isSilent = !this.#hasHeard;
    this.#hasHeard = false;
    this.#lookAfter(leaseMs * silenceRatio);
    if (!isSilent && !this.#mustRead) return;
    this.#isLook = isSilent;
    this.#read();
  }
}
