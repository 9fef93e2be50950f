import type { SseEvent } from '@gemini/sse-parser';
import { createArrivals, type Arrivals } from '../verdict/arrivals.ts';
import { createBodyFormat, type BodyFormat, type BodyFormatObserver } from './body-format.ts';
import { createContentDecoder, type ContentDecoder } from './content-decoder.ts';
import { createLastBytes, type LastBytes } from '../flight/last-bytes.ts';

/** Reads one response body: decodes it as it flows, cuts it into events, and counts. */
export interface BodyReader {
  /** A read that came `atMs` after the request. `false` asks the caller to stop until `onDrain`. */
  write(chunk: Uint8Array, atMs: number): boolean;
  end(): void;
  /** The body was cut: gives out what has come, then calls `tell` in the place of any other end. */
  cut(tell: () => void): void;
  /** Holds back what a decoder would still give out. */
  pause(): void;
  resume(): void;
  destroy(): void;
  readonly arrivals: Arrivals;
  readonly lastBytes: LastBytes;
  readonly counts: Readonly<BodyCounts>;
}

/** What has come so far. An object that changes: a getter for each would cost every stream a table of its own. */
export interface BodyCounts {
  /** On the wire. */
  bytes: number;
  /** After decoding. */
  decodedBytes: number;
  events: number;
}

/** What a body is by its headers, and how large an event may be. */
export interface BodyReaderOptions {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly maxEventBytes: number;
}

/** Where the pieces of a body go. Of `onEnd`, `onForeign` and `onInvalid` one is called, last. */
export interface BodyObserver {
  /** Milliseconds since the request. */
  bodyMs(): number;
  onEvent(event: SseEvent): void;
  onText(text: string): void;
  onDrain(): void;
  onBodyEnd(): void;
  /** The body is a single JSON value; its beginning is in `text`. */
  onForeign(text: string): void;
  onInvalid(message: string, cause: unknown): void;
}

const lastBytesSize = 512;

class DecodingReader implements BodyReader, BodyFormatObserver {
  readonly arrivals = createArrivals();
  readonly lastBytes = createLastBytes(lastBytesSize);
  readonly counts: BodyCounts = { bytes: 0, decodedBytes: 0, events: 0 };
  readonly #observer: BodyObserver;
  readonly #format: BodyFormat;
  readonly #decoder: ContentDecoder | undefined;
  #done = false;
  #tellCut: (() => void) | undefined;

  constructor({ contentType = '', contentEncoding, maxEventBytes }: BodyReaderOptions, observer: BodyObserver) {
    this.#observer = observer;
    this.#format = createBodyFormat(contentType, maxEventBytes, this);
    this.#decoder =
      contentEncoding === undefined || contentEncoding === 'identity' ? undefined : this.#decode(contentEncoding);
  }
  write(chunk: Uint8Array, atMs: number): boolean {
    this.counts.bytes += chunk.length;
    if (this.#decoder !== undefined) return this.#decoder.write(chunk);
    this.#parse(chunk, atMs);
    return true;
  }
  end(): void {
    if (this.#decoder === undefined) this.#endFormat();
    else this.#decoder.end();
  }
  cut(tell: () => void): void {
    this.#tellCut = tell;
    if (this.#decoder === undefined) this.#finish(tell);
    else this.#decoder.end();
  }
  pause(): void {
    this.#decoder?.pause();
  }
  resume(): void {
    this.#decoder?.resume();
  }
  destroy(): void {
    this.#done = true;
    this.#decoder?.destroy();
  }
  onEvent(event: SseEvent): void {
    this.counts.events += 1;
    this.#observer.onEvent(event);
  }
  onText(text: string): void {
    this.#observer.onText(text);
  }
  onForeign(text: string): void {
    this.#finish(() => this.#observer.onForeign(text));
  }
  #decode(coding: string): ContentDecoder | undefined {
    return createContentDecoder(coding, {
      onChunk: (chunk) => this.#parse(chunk, this.#observer.bodyMs()),
      onDrain: () => this.#observer.onDrain(),
      onEnd: () => this.#endFormat(),
      onError: (cause) => {
        if (this.#tellCut !== undefined) this.#finish(this.#tellCut);
        else this.#invalid(cause, `the ${coding} body cannot be decoded`);
      },
    });
  }
  #parse(chunk: Uint8Array, atMs: number): void {
    if (this.#done) return;
    const { counts } = this;
    const before = counts.events;
    counts.decodedBytes += chunk.length;
    this.lastBytes.add(chunk);
    try {
      this.#format.push(chunk);
    } catch (cause) {
      this.#invalid(cause);
    }
    const piece = { bytes: chunk.length, events: counts.events - before, open: this.#format.pending };
    this.arrivals.add(atMs, this.#observer.bodyMs(), piece);
  }
  #endFormat(): void {
    if (this.#done) return;
    if (this.#tellCut !== undefined) return this.#finish(this.#tellCut);
    try {
      this.#format.end();
    } catch (cause) {
      this.#invalid(cause);
    }
    this.#finish(() => this.#observer.onBodyEnd());
  }
  #invalid(cause: unknown, message = 'the body cannot be read'): void {
    const told = cause instanceof Error && cause.message !== '' ? cause.message : message;
    this.#finish(() => this.#observer.onInvalid(told, cause));
  }
  #finish(tell: () => void): void {
    if (this.#done) return;
    this.#done = true;
    tell();
  }
}

/** For a response that `refuseResponse` lets pass. */
export function createBodyReader(options: BodyReaderOptions, observer: BodyObserver): BodyReader {
  return new DecodingReader(options, observer);
}
