import type { ConsumptionControl } from '@gemini/http-streaming';
import type { UnderlyingByteSource } from 'node:stream/web';

/** Receives what the reader of a body does. */
export interface ResponseBodyObserver {
  /** The reader cancelled the body, or left it without a word, or did not read it for `unreadTimeoutMs`. Called once. */
  onLeft(how: 'cancelled' | 'released' | 'abandoned'): void;
  /** Nothing more is handed on: the body has ended, has failed, or was cancelled. Called once. */
  onFinished(): void;
}

/** The limits of a body. */
export interface ResponseBodyLimits {
  /** Past it, the socket is not read until the reader has caught up. */
  readonly maxBufferedBytes: number;
  readonly unreadTimeoutMs: number;
}

/** How long a reader may be away between giving its lock back and taking it again. */
const leavingMs = 100;

/** The longest time that setTimeout can count. */
const longestTimeoutMs = 2 ** 31 - 1;

/** Bytes from which on a chunk is full: as many as one read of a socket brings. The host's fetch hands on as many. */
const fullChunkBytes = 64 * 1024;

/**
 * How long an error waits behind the last chunk. A reader that is a chain of streams takes a chunk before its own reader
 * has read the one before, and an error makes it forget them.
 */
const graceMs = 100;

const noBytes = new Uint8Array();

type Ending = { readonly type: 'close' } | { readonly type: 'error'; readonly error: unknown };

/**
 * The body of a `Response`, written from the socket's side. What one read of the socket brought is one chunk, because a
 * chunk costs the reader much more than an event. An end waits behind all that was written: an error of a stream would
 * throw away what it holds.
 */
export class ResponseBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #limits: ResponseBodyLimits;
  readonly #observer: ResponseBodyObserver;
  #controller: ReadableByteStreamController | undefined;
  #control: ConsumptionControl | undefined;
  /** Pieces that are not handed on, from an index on, and behind them text that is not encoded yet. */
  #pieces: Uint8Array[] = [];
  #takenCount = 0;
  #text = '';
  #bufferedBytes = 0;
  #isPaused = false;
  /** A read waits for the next chunk. */
  #isWanted = false;
  #isFlushing = false;
  #ending: Ending | undefined;
  #isOver = false;
  #wantedAt = performance.now();
  #handedOnAt = -Infinity;
  #unreadTimer: ReturnType<typeof setTimeout> | undefined;
  #leavingTimer: ReturnType<typeof setTimeout> | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(limits: ResponseBodyLimits, observer: ResponseBodyObserver) {
    this.#limits = limits;
    this.#observer = observer;
    this.stream = new WatchedStream(
      {
        type: 'bytes',
        start: (controller: ReadableByteStreamController) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => this.#leave('cancelled'),
      },
      () => this.#onReleased(),
    );
  }

  /** Tells the body how to slow the socket down. */
  steer(control: ConsumptionControl): void {
    this.#control = control;
    if (this.#isPaused) control.pause();
  }

  write(text: string): void {
    if (this.#isOver || text === '') return;
    // V8 joins the texts once, when they are encoded.
    this.#text += text;
    // V8 stores a character in one byte or two.
    this.#grow(2 * text.length);
    if (this.#text.length >= fullChunkBytes) this.#encode();
  }

  /** Writes bytes as they are. They are copied when they are handed on. */
  writeBytes(bytes: Uint8Array): void {
    if (this.#isOver || bytes.length === 0) return;
    this.#encode();
    for (let at = 0; at < bytes.length; at += fullChunkBytes) {
      this.#pieces.push(bytes.length <= fullChunkBytes ? bytes : bytes.subarray(at, at + fullChunkBytes));
    }
    this.#grow(bytes.length);
  }

  /** Ends the body behind all that was written. */
  end(): void {
    this.#end({ type: 'close' });
  }

  /** Fails the body behind all that was written. */
  fail(error: unknown): void {
    this.#end({ type: 'error', error });
  }

  /** Fails the body at once, with this very reason, and forgets what the reader has not taken. */
  abort(reason: unknown): void {
    this.#error(reason);
  }

  #grow(bytes: number): void {
    this.#bufferedBytes += bytes;
    if (this.#isWanted) return this.#flushSoon();
    if (this.#bufferedBytes >= this.#limits.maxBufferedBytes && !this.#isPaused) {
      this.#isPaused = true;
      this.#control?.pause();
    }
    this.#watchUnread();
  }

  #end(ending: Ending): void {
    if (this.#isOver || this.#ending !== undefined) return;
    this.#ending = ending;
    // The wire is over: a body without a reader holds no socket.
    clearTimeout(this.#unreadTimer);
    if (this.#isWanted) this.#flushSoon();
    // Nothing is held, so an end is due at once: a reader may look at `closed` without reading.
    else if (this.#bufferedBytes === 0) this.#settle();
  }

  /** The reader waits. Returns nothing: a promise for each chunk would cost more than the chunk. */
  #pull(): void {
    this.#wantedAt = performance.now();
    this.#isWanted = true;
    this.#flush();
  }

  // The events of one read come in one turn, so they are joined when it is over.
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(this.#flushNow);
  }

  readonly #flushNow = (): void => {
    this.#isFlushing = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#isOver || !this.#isWanted) return;
    if (this.#bufferedBytes > 0) {
      const chunk = this.#take();
      this.#isWanted = false;
      this.#handedOnAt = performance.now();
      this.#controller?.enqueue(chunk);
    } else if (this.#ending !== undefined) return this.#settle();
    if (this.#isPaused && this.#bufferedBytes === 0 && this.#ending === undefined) {
      this.#isPaused = false;
      this.#control?.resume();
    }
  }

  #encode(): void {
    if (this.#text === '') return;
    // In half the time that a TextEncoder takes.
    const bytes = Buffer.from(this.#text);
    this.#bufferedBytes += bytes.length - 2 * this.#text.length;
    this.#pieces.push(bytes);
    this.#text = '';
  }

  /** Joins pieces to a chunk of its own memory: a stream takes the memory away from its owner. */
  #take(): Uint8Array<ArrayBuffer> {
    this.#encode();
    const pieces = this.#pieces;
    const from = this.#takenCount;
    let to = from;
    let size = 0;
    while (to < pieces.length && size < fullChunkBytes) {
      size += pieces[to]?.length ?? 0;
      to += 1;
    }
    // Not filled with zeros first.
    const chunk = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
    let at = 0;
    for (let index = from; index < to; index += 1) {
      const piece = pieces[index] ?? noBytes;
      chunk.set(piece, at);
      at += piece.length;
    }
    this.#bufferedBytes -= size;
    this.#takenCount = to;
    // Instead of a shift for each piece, which moves all that stand behind it.
    if (to === pieces.length) {
      this.#pieces = [];
      this.#takenCount = 0;
    }
    return chunk;
  }

  #settle(): void {
    const ending = this.#ending;
    if (this.#isOver || ending === undefined) return;
    if (ending.type === 'error') {
      const restMs = this.#handedOnAt + graceMs - performance.now();
      if (restMs > 0) {
        this.#graceTimer ??= setTimeout(() => this.#error(ending.error), Math.ceil(restMs));
        return;
      }
      return this.#error(ending.error);
    }
    this.#finish();
    this.#controller?.close();
    // A reader with a buffer of its own waits for an answer.
    this.#controller?.byobRequest?.respond(0);
  }

  #error(error: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    this.#controller?.error(error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#pieces = [];
    this.#text = '';
    clearTimeout(this.#unreadTimer);
    clearTimeout(this.#leavingTimer);
    clearTimeout(this.#graceTimer);
    this.#observer.onFinished();
  }

  /** Starts the limit for a reader who does not come. The timer looks at the last read, instead of being set for each. */
  #watchUnread(): void {
    const { unreadTimeoutMs } = this.#limits;
    if (this.#unreadTimer !== undefined || unreadTimeoutMs > longestTimeoutMs) return;
    const look = (): void => {
      this.#unreadTimer = undefined;
      if (this.#isWanted || this.#bufferedBytes === 0) return;
      const restMs = this.#wantedAt + unreadTimeoutMs - performance.now();
      if (restMs > 0.5) this.#unreadTimer = setTimeout(look, Math.ceil(restMs));
      else this.#leave('abandoned');
    };
    this.#unreadTimer = setTimeout(look, unreadTimeoutMs);
  }

  #onReleased(): void {
    if (this.#isOver) return;
    clearTimeout(this.#leavingTimer);
    this.#leavingTimer = setTimeout(() => {
      if (!this.#isOver && !this.stream.locked) this.#leave('released');
    }, leavingMs);
  }

  #leave(how: 'cancelled' | 'released' | 'abandoned'): void {
    if (this.#isOver) return;
    if (how === 'cancelled') this.#finish();
    this.#observer.onLeft(how);
  }
}

/**
 * A stream that reports when a reader gives its lock back. `@google/genai` leaves a loop in this way and does not cancel,
 * so that nothing else says that the answer is not wanted any more.
 */
class WatchedStream extends ReadableStream<Uint8Array> {
  readonly #onReleased: () => void;

  constructor(source: UnderlyingByteSource, onReleased: () => void) {
    // Only the overload of the constructor without a type parameter knows a byte source.
    const bytes: object = source;
    // No chunk is asked for before a reader waits: what is ahead of it is held in the body, which can still be ended.
    super(bytes, { highWaterMark: 0 });
    this.#onReleased = onReleased;
  }

  override getReader(options: { readonly mode: 'byob' }): ReadableStreamBYOBReader;
  override getReader(): ReadableStreamDefaultReader<Uint8Array>;
  override getReader(options?: {
    readonly mode: 'byob';
  }): ReadableStreamBYOBReader | ReadableStreamDefaultReader<Uint8Array> {
    const reader = options === undefined ? super.getReader() : super.getReader(options);
    const release = reader.releaseLock.bind(reader);
    reader.releaseLock = () => {
      release();
      this.#onReleased();
    };
    return reader;
  }
}
