import { StreamManagerError } from './errors.ts';
import { Inbox } from './inbox.ts';
import { encodeReason } from './mirror.ts';
import { failedEnd, type StreamCodec } from './stream-codec.ts';
import type { FollowedStream, FollowSink, StoredEnd, StreamLeader, StreamLog } from './stream-log.ts';
import type { Stream, StreamOrigin } from './stream.ts';
import { type CancelTimer, startTimer } from './timer.ts';

/** The time that a copy without readers is kept: a reader that comes back soon finds it. */
const keepCopyMs = 1_000;
/** The time between two attempts to follow again, while the log is unavailable. */
const followAgainMs = 1_000;

/** The calls from a follower to the streams of its manager. */
export interface FollowerObserver {
  /** The copy is not kept any more, and is not to be found by its id. */
  onDrop(): void;
  /** A copy that was dropped has a reader again, or is asked to stop. */
  onReturn(): void;
  /** This process leads the stream now: the follower is done. */
  onLead(leader: StreamLeader): void;
}

/**
 * Fills the copy of a stream that another process leads, for as long as the copy has readers or its end is awaited. A
 * copy that was dropped follows again when a reader comes to a handle that was kept.
 */
export class Follower<Event, Result> implements FollowSink, StreamOrigin {
  readonly #stream: Stream<Event, Result>;
  readonly #log: StreamLog;
  readonly #codec: StreamCodec<Event, Result>;
  readonly #observer: FollowerObserver;
  readonly #inbox = new Inbox((line) => this.#receive(line));
  /** `done`: ended, led by this process, or closed with its manager. */
  #state: 'following' | 'dropped' | 'returning' | 'done' = 'following';
  #followed: FollowedStream | undefined;
  /** The index of the next line from the log; behind the copy's own if the log has lost something. */
  #index = 0;
  #keepUntil = 0;
  #cancelTimer: CancelTimer | undefined;
  #readersCount: number;
  #isAwaited = false;
  /** The manager is closed: the copy is not to be found any more, and no timer may outlive it. */
  #isClosed = false;
  /** A stop that was asked for while the copy was dropped. */
  #stopLine: string | undefined;
  #onLeave: (() => void) | undefined;

  constructor(
    stream: Stream<Event, Result>,
    log: StreamLog,
    codec: StreamCodec<Event, Result>,
    observer: FollowerObserver,
  ) {
    this.#stream = stream;
    this.#log = log;
    this.#codec = codec;
    this.#observer = observer;
    this.#readersCount = stream.fanOut.subscribersCount;
  }

  /** Fills the copy with the stored history, and follows. Resolves when the history is there. */
  async begin(followed: FollowedStream): Promise<void> {
    const { fanOut } = this.#stream;
    fanOut.mayBeAhead = true;
    if (fanOut.log.next === 0) fanOut.begin(followed.epoch);
    this.#followed = followed;
    this.#index = followed.oldest;
    this.#skipTo(followed.oldest);
    for (const line of followed.lines) this.#inbox.put(line);
    await new Promise<void>((resolve) => {
      this.#onLeave = resolve;
      this.#inbox.put(() => {
        if (followed.end === undefined) followed.start(this);
        else this.#finish(followed.end);
        resolve();
      });
    });
    this.keep(keepCopyMs);
  }

  /** Drops a copy without readers, but not before this time has passed. */
  keep(forMs: number): void {
    this.#keepUntil = Math.max(this.#keepUntil, Date.now() + forMs);
    if (this.#isClosed || this.#state === 'dropped' || this.#isNeeded()) return;
    this.#cancelTimer?.();
    this.#cancelTimer = startTimer(this.#keepUntil - Date.now(), () => {
      this.#cancelTimer = undefined;
      if (this.#isNeeded()) return;
      if (this.#state !== 'done') this.#leave('dropped');
      this.#observer.onDrop();
    });
  }

  /** Leaves the stream, because the manager closes: its readers are cut off, and find it in another process. */
  close(error: unknown): void {
    this.#isClosed = true;
    if (this.#state === 'done') this.#cancelTimer?.();
    else {
      this.#leave('done');
      this.#stream.fanOut.detachAll(error);
      this.#stream.finish({ status: 'failed', ...failedEnd(this.#codec, error, this.#stream.fanOut.log) });
    }
    this.#observer.onDrop();
  }

  // The sink of the log.

  push(line: string): void {
    this.#inbox.put(line);
  }

  skip(index: number): void {
    this.#inbox.put(() => {
      this.#index = index;
      this.#skipTo(index);
    });
  }

  finish(end: StoredEnd): void {
    this.#inbox.put(() => this.#finish(end));
  }

  lead(leader: StreamLeader): void {
    this.#inbox.put(() => {
      this.#followed = undefined;
      this.#leave('done');
      this.#observer.onLead(leader);
    });
  }

  // The origin of the copy.

  stop(reason: unknown): void {
    const line = encodeReason(this.#codec, reason);
    if (this.#state === 'following' && this.#followed?.end === undefined) return this.#followed?.stop(line);
    this.#stopLine ??= line;
    this.#return();
  }

  onSubscribersCount(count: number): void {
    this.#readersCount = count;
    if (count === 0) this.keep(keepCopyMs);
    else this.#return();
  }

  onAwaited(): void {
    this.#isAwaited = true;
    this.#return();
  }

  #receive(line: string): void {
    if (this.#state === 'done') return;
    const index = this.#index;
    this.#index += 1;
    // The log has less than this copy, and its leader sends again.
    if (index < this.#stream.fanOut.log.next) return;
    try {
      this.#stream.receive(this.#codec.decodeEvent(line));
    } catch (error) {
      this.#fail(error);
    }
  }

  #skipTo(index: number): void {
    const { fanOut } = this.#stream;
    if (index > fanOut.log.next) fanOut.skipTo(index);
  }

  #finish(end: StoredEnd): void {
    if (end.type === 'lost') return this.#fail(lostError(end.code, this.#stream.id));
    let decoded;
    try {
      decoded = this.#codec.decodeEnd(end.line);
    } catch (error) {
      return this.#fail(error);
    }
    this.#leave('done');
    this.#stream.finish(decoded);
  }

  #fail(error: unknown): void {
    if (this.#state === 'done') return;
    this.#leave('done');
    this.#stream.finish({ status: 'failed', ...failedEnd(this.#codec, error, this.#stream.fanOut.log) });
  }

  #leave(state: 'dropped' | 'done'): void {
    this.#state = state;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#inbox.clear();
    this.#followed?.leave();
    this.#followed = undefined;
    this.#onLeave?.();
    if (state === 'done') this.keep(keepCopyMs);
  }

  #isNeeded(): boolean {
    if (this.#readersCount > 0) return true;
    return this.#state !== 'done' && (this.#isAwaited || this.#stopLine !== undefined);
  }

  /** Follows again, if the copy was dropped. */
  #return(): void {
    if (this.#state !== 'dropped') return;
    this.#state = 'returning';
    this.#observer.onReturn();
    if (this.#state === 'returning') this.#find();
  }

  #find(): void {
    void this.#log.follow(this.#stream.id).then(
      (followed) => this.#onFound(followed),
      (error: unknown) => {
        if (this.#state !== 'returning') return;
        const { code } = error as { code?: unknown };
        if (code === 'log-unavailable') this.#cancelTimer = startTimer(followAgainMs, () => this.#find());
        else this.#fail(error);
      },
    );
  }

  #onFound(followed: FollowedStream | undefined): void {
    // Closed in the meantime.
    if (this.#state !== 'returning') return followed?.leave();
    const { id, fanOut } = this.#stream;
    if (followed === undefined || followed.epoch !== fanOut.log.epoch) {
      followed?.leave();
      return this.#fail(lostError('history-lost', id));
    }
    this.#state = 'following';
    if (this.#stopLine !== undefined && followed.end === undefined) followed.stop(this.#stopLine);
    this.#stopLine = undefined;
    void this.begin(followed);
  }
}

/** Returns the error of a stream that the log has lost, or whose process was lost. */
export function lostError(code: 'producer-lost' | 'history-lost', streamId: string): StreamManagerError {
  const message =
    code === 'producer-lost'
      ? `the process that led stream ${streamId} was lost`
      : `the stream log has lost stream ${streamId}`;
  return new StreamManagerError(code, message, { streamId });
}
