import type { Cursor } from './cursor.ts';
import { StreamManagerError } from './errors.ts';
import { failedEnd, type StreamCodec } from './stream-codec.ts';
import type { LedStream, StreamLeader } from './stream-log.ts';
import type { Stream, StreamClaim } from './stream.ts';
import type { StreamEnd } from './types.ts';

/**
 * A stream of this process as the stream log reads it. A reader of the stream's history that is no subscriber: it is in
 * no count, and does not keep the stream from lingering out.
 */
export class Mirror<Event, Result> implements LedStream, StreamClaim<Result>, Cursor {
  readonly onSlow = 'pause';
  readonly gapFrom = -1;
  /** The first index that is not confirmed. */
  index: number;
  readonly #stream: Stream<Event, Result>;
  readonly #codec: StreamCodec<Event, Result>;
  readonly #leader: StreamLeader;
  /** The index of an event that could not be encoded: for the log the stream ends before it. */
  #limit = Infinity;
  #end: string | undefined;
  #isLost = false;
  #isReleased = false;

  constructor(stream: Stream<Event, Result>, codec: StreamCodec<Event, Result>, leader: StreamLeader) {
    this.#stream = stream;
    this.#codec = codec;
    this.#leader = leader;
    this.index = stream.fanOut.log.next;
  }

  start(): void {
    const { fanOut } = this.#stream;
    if (this.#leader.onSlow === 'pause' && fanOut.end === undefined) fanOut.watch(this);
    this.#stream.share(this);
    this.#await();
    this.#leader.start(this);
    // The stream may have ended before its claim was answered, and has no other reason to wake the log.
    if (fanOut.end !== undefined) this.wake();
  }

  // The stream's side.

  isFollowed(): Promise<boolean> {
    return this.#leader.isFollowed();
  }

  /** Gives the claim up; the stream then ends for this process alone. Returns false if the log cannot do that. */
  release(): boolean {
    if (this.#leader.release === undefined || this.#isLost) return false;
    this.#isReleased = true;
    this.#stream.fanOut.unwatch(this);
    this.#stream.isForgotten = true;
    this.#leader.release();
    return true;
  }

  endOf(error: StreamManagerError, result: Result | undefined): Pick<StreamEnd<Result>, 'error' | 'result'> {
    return failedEnd(this.#codec, error, this.#stream.fanOut.log, result);
  }

  // The log's side.

  get oldest(): number {
    return Math.min(this.#stream.fanOut.log.oldest, this.next);
  }

  get next(): number {
    return Math.min(this.#stream.fanOut.log.next, this.#limit);
  }

  get end(): string | undefined {
    const { end } = this.#stream.fanOut;
    if (end === undefined || this.#isReleased) return undefined;
    return (this.#end ??= encodeEnd(this.#codec, { ...end, eventsCount: this.next }));
  }

  read(index: number, maxLength: number): string[] {
    const { log } = this.#stream.fanOut;
    const lines: string[] = [];
    let length = 0;
    let at = index;
    for (; at < this.next && (length <= maxLength || lines.length === 0); at += 1) {
      const line = this.#encode(at, log.read(at));
      if (line === undefined) break;
      lines.push(line);
      length += line.length;
    }
    if (at >= this.next) this.#await();
    return lines;
  }

  confirm(index: number): void {
    const { fanOut } = this.#stream;
    // One by one, because the pause ends at the very index that it waits for.
    while (this.index < Math.min(index, fanOut.log.next)) fanOut.advance(this);
  }

  stop(reason: string): void {
    this.#stream.stop(decodeReason(this.#codec, reason));
  }

  fail(code: 'producer-lost' | 'duplicate-id'): void {
    const { id } = this.#stream;
    const message =
      code === 'duplicate-id'
        ? `another process leads a stream with the id ${id} already`
        : `this process was cut off for too long, and leads stream ${id} no longer`;
    this.#isLost = true;
    this.#stream.fanOut.unwatch(this);
    // The log has the truth: a later `attach` in this process finds it there.
    this.#stream.isForgotten = true;
    const error = new StreamManagerError(code, message, { streamId: id });
    this.#stream.abandon(error, (result) => this.endOf(error, result));
  }

  // The cursor: woken at the next event, or at the end.

  wake(): void {
    if (this.#isLost) return;
    try {
      this.#leader.wake();
    } catch (error) {
      this.#stream.onDetach(error);
    }
  }

  /** The log was too slow for too long: it pauses the source no longer. */
  detach(): void {
    this.#stream.fanOut.unwatch(this);
  }

  #await(): void {
    if (!this.#isLost && this.#stream.fanOut.end === undefined) this.#stream.fanOut.wait(this);
  }

  #encode(index: number, event: Event): string | undefined {
    try {
      return checkLine(this.#codec.encodeEvent(event));
    } catch (error) {
      this.#limit = index;
      this.#stream.abandon(error);
      return undefined;
    }
  }
}

/**
 * A stream that ended in this process before it could be resumed: nothing of it but the end is left to store, after
 * `next` stored events.
 */
export function endOnly(next: number, end: string): LedStream {
  return { oldest: next, next, end, read: () => [], confirm() {}, stop() {}, fail() {} };
}

/** Writes an end; one that the codec cannot write, because of its result or error, as a failed end. */
export function encodeEnd<Event, Result>(
  codec: StreamCodec<Event, Result>,
  end: Parameters<StreamCodec<Event, Result>['encodeEnd']>[0],
): string {
  try {
    return checkLine(codec.encodeEnd(end));
  } catch (error) {
    return checkLine(codec.encodeEnd({ status: 'failed', error, eventsCount: end.eventsCount }));
  }
}

/** Writes the reason of a stop; one that the codec cannot write as a string. */
export function encodeReason<Event, Result>(codec: StreamCodec<Event, Result>, reason: unknown): string {
  try {
    return checkLine(codec.encodeEnd({ status: 'stopped', reason, eventsCount: 0 }));
  } catch {
    return checkLine(codec.encodeEnd({ status: 'stopped', reason: String(reason), eventsCount: 0 }));
  }
}

function decodeReason<Event, Result>(codec: StreamCodec<Event, Result>, line: string): unknown {
  try {
    return codec.decodeEnd(line).reason;
  } catch {
    // A stop must work, whatever the process that asks for it has written.
    return undefined;
  }
}

function checkLine(line: unknown): string {
  if (typeof line === 'string' && !line.includes('\n')) return line;
  throw new TypeError(`codec: expected one line of text, got ${typeof line === 'string' ? 'several' : typeof line}`);
}
