import { checkNames, StreamManagerError } from '@gemini/stream-manager';
import { adaptClient, type RedisLikeClient } from './redis-client.ts';
import { openTextStreams, type TextStreams } from './shared-text-streams.ts';
import { textFrom, textSource } from './text-streams.ts';

const optionNames = [
  'waitUntil',
  'keyPrefix',
  'publisher',
  'subscriber',
  'doneWatchdogIntervalMs',
  'leaseMs',
  'maxHistoryBytes',
  'onError',
];

/**
 * Creates a context with the functions of `resumable-stream` 2, and `stop`. It connects when it is used for the first
 * time. Contexts with the same client and prefix share everything, so one may be created for each request.
 *
 * @throws TypeError for an unknown or invalid option
 */
export function createResumableStreamContext(options: ResumableStreamContextOptions): ResumableStreamContext {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError('createResumableStreamContext: expected an object with waitUntil');
  }
  checkNames('createResumableStreamContext', options, optionNames);
  const { waitUntil, publisher } = options;
  if (waitUntil !== null && typeof waitUntil !== 'function') {
    throw new TypeError(`waitUntil: expected a function or null, got ${typeof waitUntil}`);
  }
  if (publisher !== undefined) adaptClient(publisher);
  return new ResumableStreams(options);
}

class ResumableStreams implements ResumableStreamContext {
  readonly #options: ResumableStreamContextOptions;
  #streams: Promise<TextStreams> | undefined;

  constructor(options: ResumableStreamContextOptions) {
    this.#options = options;
  }

  // Properties, so that they can be destructured.
  readonly resumableStream = (
    streamId: string,
    makeStream: () => ReadableStream<string>,
    skipCharacters?: number,
  ): Promise<ReadableStream<string> | null> => this.#start(streamId, makeStream, skipCharacters, 'join');

  readonly createNewResumableStream = (
    streamId: string,
    makeStream: () => ReadableStream<string>,
    skipCharacters?: number,
  ): Promise<ReadableStream<string> | null> => this.#start(streamId, makeStream, skipCharacters, 'throw');

  readonly resumeExistingStream = async (
    streamId: string,
    skipCharacters = 0,
  ): Promise<ReadableStream<string> | null | undefined> => {
    checkSkip(skipCharacters);
    const streams = await this.#open();
    const stream = await streams.find(streamId);
    return stream === 'DONE' ? null : stream && textFrom(stream, skipCharacters);
  };

  readonly hasExistingStream = async (streamId: string): Promise<null | true | 'DONE'> => {
    const streams = await this.#open();
    const stream = await streams.find(streamId);
    return stream === undefined ? null : stream === 'DONE' ? 'DONE' : true;
  };

  readonly stop = async (streamId: string, reason?: unknown): Promise<boolean> => {
    const streams = await this.#open();
    const stream = await streams.find(streamId);
    if (stream === undefined || stream === 'DONE') return false;
    stream.stop(reason);
    await stream.ended;
    return true;
  };

  readonly close = async (): Promise<void> => {
    const streams = await this.#streams;
    this.#streams = undefined;
    await streams?.close();
  };

  async #start(
    streamId: string,
    makeStream: () => ReadableStream<string>,
    skipCharacters = 0,
    onDuplicate: 'join' | 'throw',
  ): Promise<ReadableStream<string> | null> {
    checkSkip(skipCharacters);
    const streams = await this.#open();
    if (await streams.isDone(streamId)) return null;
    let isStarted = false;
    const source = textSource(() => {
      isStarted = true;
      // Without `waitUntil` too: it stores that the stream is done.
      const done = streams.whenDone(started);
      this.#options.waitUntil?.(done);
      return makeStream();
    });
    const started = streams.manager.start(source, { id: streamId, onDuplicate });
    await streams.manager.attach(streamId);
    const { endedAt, error } = started.info();
    if (isStarted) return textFrom(started, skipCharacters);
    const isTaken = error instanceof StreamManagerError && error.code === 'duplicate-id';
    if (isTaken && (await streams.find(streamId)) !== 'DONE') throw error;
    return endedAt === undefined ? textFrom(started, skipCharacters) : null;
  }

  #open(): Promise<TextStreams> {
    this.#streams ??= openTextStreams(this.#options).catch((error: unknown) => {
      // The next call tries again.
      this.#streams = undefined;
      throw error;
    });
    return this.#streams;
  }
}

function checkSkip(skipCharacters: unknown): void {
  if (typeof skipCharacters === 'number' && skipCharacters >= 0) return;
  const got = typeof skipCharacters === 'number' ? skipCharacters : typeof skipCharacters;
  throw new TypeError(`skipCharacters: expected a number of at least 0, got ${String(got)}`);
}

/** Options of a context, as those of `resumable-stream` 2, and three more. */
export interface ResumableStreamContextOptions {
  /** Keeps the program alive until a stream has ended and is stored: `after` of `next/server`. `null` on a server. */
  readonly waitUntil: ((promise: Promise<unknown>) => void) | null;
  /** The beginning of every key and channel. @defaultValue `'resumable-stream'` */
  readonly keyPrefix?: string | undefined;
  /**
   * A client of `redis`, `ioredis` or `iovalkey`; it is connected if it is not, and never closed.
   * @defaultValue one of `redis`, for `REDIS_URL` or `KV_URL`
   */
  readonly publisher?: RedisLikeClient | undefined;
  /** Not used: the subscriber is duplicated from the publisher. */
  readonly subscriber?: unknown;
  /** Not used: an end whose message was lost is read from the log. */
  readonly doneWatchdogIntervalMs?: number | undefined;
  /** A process that Redis has not heard from for this long has lost its streams. @defaultValue 10,000 milliseconds */
  readonly leaseMs?: number | undefined;
  /**
   * The largest part of a stream that is kept for readers that come later, in bytes: two for each character.
   * @defaultValue 32 MiB. Past it they get `history-lost`.
   */
  readonly maxHistoryBytes?: number | undefined;
  /** Called with each call to Redis that failed; the log repeats it. @defaultValue none */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Streams of text that any process can read while they run. The producer completes a stream although its readers leave.
 * Every function rejects with `log-unavailable` (a `StreamManagerError`) if Redis does not answer. A stream of text errors
 * if its producer fails or is lost, and ends if it was stopped.
 */
export interface ResumableStreamContext {
  /**
   * Starts a stream, or joins the one that has the id: `makeStream` is called in one process. Resolves with its text from
   * this character on, or with `null` if it has ended.
   */
  resumableStream(
    streamId: string,
    makeStream: () => ReadableStream<string>,
    skipCharacters?: number,
  ): Promise<ReadableStream<string> | null>;
  /** Starts a stream. Rejects with `duplicate-id` if one with the id runs; resolves with `null` if it has ended. */
  createNewResumableStream(
    streamId: string,
    makeStream: () => ReadableStream<string>,
    skipCharacters?: number,
  ): Promise<ReadableStream<string> | null>;
  /** Resolves with the text of a running stream, with `null` if it has ended, or with `undefined` for an unknown id. */
  resumeExistingStream(streamId: string, skipCharacters?: number): Promise<ReadableStream<string> | null | undefined>;
  /** Resolves with `true` for a running stream, with `DONE` for one that has ended, or with `null` for an unknown id. */
  hasExistingStream(streamId: string): Promise<null | true | 'DONE'>;
  /** Stops a stream, in whatever process it runs: its source is cancelled. Resolves with whether it was running. */
  stop(streamId: string, reason?: unknown): Promise<boolean>;
  /** Stops the streams of this process, and closes the client if it was made here. */
  close(): Promise<void>;
}
