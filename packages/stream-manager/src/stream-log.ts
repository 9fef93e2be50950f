/**
 * A log outside of this process, such as Redis, through which every process can serve the streams of all. It keeps lines
 * of text: the manager turns events, ends and reasons into lines and back with its `codec`, and holds the copies of
 * streams that run elsewhere. A log keeps the lines of each stream in order, decides which process leads a stream (runs
 * its source), and notices when that process is lost.
 *
 * The manager calls it as written below, for any number of streams at a time. No method may throw or call back in the
 * same turn unless its description allows it. Errors with a code are `StreamManagerError`s.
 */
export interface StreamLog {
  /**
   * Called in `start` and `attach`, before anything else happens with an id.
   *
   * @throws TypeError for an id that the log cannot keep
   */
  check(id: string): void;
  /**
   * Claims a stream for this process, before its source is started. Called once for each shared `start`.
   *
   * Of several processes that claim one id at once, exactly one leads, also if a command is late or is sent twice. If the
   * log cannot be reached, the claim resolves after a bounded time as `led`: the stream runs for the readers of this
   * process, and the log claims it when it can be reached. It reports a claim that is lost later with `LedStream.fail`.
   * A rejection fails the stream, for example for a format that the log does not know.
   */
  lead(request: LeadRequest): Promise<Claim>;
  /**
   * Finds a stream that another process leads, or that has ended, with its whole stored history. Calls for one id do not
   * overlap in one manager, but a later one may come before the stream of an earlier one was left.
   *
   * Resolves with `undefined` if the log knows no such stream. Rejects with `log-unavailable` if the log does not answer
   * within a bounded time.
   */
  follow(id: string): Promise<FollowedStream | undefined>;
  /**
   * Stores the ends that the led streams still have to write, for a bounded time; then gives up all claims and frees
   * every resource. Called once, after every led stream has ended and every followed stream was left.
   */
  close(): Promise<void>;
}

/** Makes the log of one manager, in `createStreamManager`. Opens no connection before it is used. */
export type StreamLogProvider = () => StreamLog;

/** The stream that a process wants to lead. */
export interface LeadRequest {
  readonly id: string;
  /**
   * The epoch of the positions if the claim is `led`: milliseconds since 1970, plus one where that is taken. It only has
   * to differ from those of earlier streams with this id; it says nothing about whose claim is newer.
   */
  readonly epoch: number;
  /** The time that the manager keeps the stream after its end, in milliseconds; may be `Infinity` or 0. */
  readonly retainMs: number;
  /** Whether the source can continue a stream whose process was lost. If not, the log never answers `resumed`. */
  readonly canResume: boolean;
  /** One line of JSON, to be returned as it is by `follow`; undefined for none. */
  readonly metadata: string | undefined;
}

/** The answer to `lead`. */
export type Claim =
  /** This process leads a stream without events. */
  | { readonly type: 'led'; readonly leader: StreamLeader }
  /** This process leads a stream whose process was lost, after the stored history, in the stored epoch. */
  | { readonly type: 'resumed'; readonly leader: StreamLeader; readonly stored: StoredStream }
  /** Another process leads it, or it has ended. The manager follows it or leaves it. */
  | {
      readonly type: 'taken';
      readonly stream: FollowedStream;
      /** The longest time in which the log notices that the other process is lost, in milliseconds. */
      readonly lostAfterMs: number;
    };

/** The claim of this process on a stream, and the way by which the stream reaches the log. */
export interface StreamLeader {
  /**
   * The effect of a slow log on the source. `pause`: the source is asked to pause when what was not
   * confirmed exceeds the manager's lag limits; the log calls `LedStream.confirm`.
   * @defaultValue `'buffer'`: nothing. Events that are trimmed before they were read are skipped.
   */
  readonly onSlow?: 'buffer' | 'pause' | undefined;
  /**
   * Begins to mirror the stream. Called once, before the source starts, so that no event comes before it: in the turn in
   * which the claim is answered if it is `led`, otherwise some turns later, when the stored history is in place. Until
   * then the claim runs out like that of any silent process. The stream may have ended already: then `wake` follows in
   * the same turn, and the end is to be stored. It may read in this turn.
   */
  start(stream: LedStream): void;
  /**
   * There is more than the last `read` reached: an event, or the end. Called at most once after `start`, and once after
   * each `read` that reached `next`; so a log that always reads until it reaches `next`, and then looks at `end`, misses
   * nothing. Called in the turn of the source's push, after the subscribers of this process; may read in this turn.
   */
  wake(): void;
  /**
   * Gives the claim up after all events so far, which are final, so that a process whose source can continue the stream
   * leads it at once. The log calls `LedStream` no more when it has stored them. Without this method streams are not
   * handed over.
   */
  release?(): void;
  /**
   * Whether another process follows the stream now; asked before a stream without subscribers is stopped. A rejection
   * counts as yes.
   */
  isFollowed(): Promise<boolean>;
}

/**
 * A stream of this process, as its mirror reads it. Indices count the events from 0. The log reads at its own pace and
 * from any index still held, for example again from an earlier one after it has lost something.
 */
export interface LedStream {
  /** The oldest index that can be read; equal to `next` if none can. Older lines need not be kept in the log either. */
  readonly oldest: number;
  /** The index of the next event: the number of events so far. */
  readonly next: number;
  /** The line of the end, from the moment when `next` is final; undefined before. */
  readonly end: string | undefined;
  /**
   * Returns the lines from this index on: at least one if there is one, and no further ones once they are longer than
   * `maxLength` characters together. Returns none at `next`. The index must be in [`oldest`, `next`].
   */
  read(index: number, maxLength: number): string[];
  /** Every line before this index is stored. Only needed with `onSlow: 'pause'`; never goes back. */
  confirm(index: number): void;
  /** Another process asks for a stop, with the line given to `FollowedStream.stop`. Does nothing after the end. */
  stop(reason: string): void;
  /**
   * Ends the stream as failed, because this process does not lead it any more: `producer-lost` if another process has
   * ended or taken the stream, `duplicate-id` if a late claim finds that another process leads it. The log then stops
   * mirroring. Does nothing after the end.
   */
  fail(code: 'producer-lost' | 'duplicate-id'): void;
}

/** A stream as the log has it. */
export interface StoredStream {
  readonly epoch: number;
  /** The index of the first line of `lines`: above 0 if older ones have been trimmed. */
  readonly oldest: number;
  /** Every line still held, in order, without a hole. */
  readonly lines: readonly string[];
  /** The metadata of its `LeadRequest`. */
  readonly metadata: string | undefined;
}

/** A stream that another process leads, or that has ended. */
export interface FollowedStream extends StoredStream {
  /** Its end, if it has ended: then neither `start` nor `stop` is called. */
  readonly end: StoredEnd | undefined;
  /**
   * Follows the stream: what comes after `lines` goes to the sink, in order, each line once. The log keeps what comes
   * before this call. Called at most once; it may call the sink in this turn.
   */
  start(sink: FollowSink): void;
  /**
   * Asks the leading process to stop, by `LedStream.stop` with this line. The log tries for as long as it can, and
   * reports nothing: the stream's end is the answer. Of several requests the first one counts.
   */
  stop(reason: string): void;
  /** Stops following and frees everything; the sink is not called any more. Called once, also without `start` and after the end. */
  leave(): void;
}

/** The end of a stream in the log: the line that its leader wrote, or the log's own finding. */
export type StoredEnd =
  | { readonly type: 'ended'; readonly line: string }
  /**
   * `producer-lost`: the leading process was lost; all processes find the same. `history-lost`: the log has lost the
   * stream, and no process leads it.
   */
  | { readonly type: 'lost'; readonly code: 'producer-lost' | 'history-lost' };

/** The receiver of a followed stream. Its methods never throw. */
export interface FollowSink {
  /** The line at the next index. The manager hands bursts over in slices by itself. */
  push(line: string): void;
  /** Lines were trimmed before they could be read: the next line has this index, which is higher than the one expected. */
  skip(index: number): void;
  /** The end, once; nothing comes after it. */
  finish(end: StoredEnd): void;
  /**
   * The leading process was lost, and this process leads the stream now: instead of the end `producer-lost`, where the
   * stream came from a `taken` claim with `canResume`. Every stored line was pushed before. Nothing comes after it; the
   * manager calls `leader.start` in a later turn, and does not call `leave`.
   */
  lead(leader: StreamLeader): void;
}
