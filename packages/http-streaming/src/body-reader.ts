import { createSseParser, type SseEvent } from '@gemini/sse-parser';
import { createArrivals, type Arrivals } from './arrivals.ts';
import { createContentDecoder, maxExcerptLength, type ContentDecoder } from './content-decoder.ts';
import { createLastBytes, type LastBytes } from './flight-recorder.ts';
import { createJsonArraySplitter } from './json-array.ts';

/** Reads one response body: decodes it as it flows, cuts it into events, and counts. */
export interface BodyReader {
  /** A read that came `atMs` after the request. `false` asks the caller to stop until `onDrain`. */
  write(chunk: Uint8Array, atMs: number): boolean;
  end(): void;
  /** The body was cut: decodes and parses what has come, then calls `tell` in the place of any other end. */
  cut(tell: () => void): void;
  /** Ends the body here, if it has not ended: nothing more is decoded or told, but `isInsideEvent` is known. */
  close(): void;
  /** The last event, if the body has ended before its blank line. It is returned once, and counted already. */
  takeUnterminated(): SseEvent | undefined;
  /** After the end: whether bytes of an event were pending that gave none, or an `unterminated` one not taken yet. */
  isInsideEvent(): boolean;
  /** Holds back what a decoder would still give out. */
  pause(): void;
  resume(): void;
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
  #isParsing = false;
  #unterminated: SseEvent | undefined;
  #isInsideEvent = false;
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
    if (this.#decoder === undefined) this.#endFormat(true);
    else this.#decoder.end();
  }
  cut(tell: () => void): void {
    if (this.#tellCut !== undefined) return;
    this.#tellCut = tell;
    this.end();
  }
  close(): void {
    this.#tellCut ??= () => {};
    // The parser cannot be ended inside a callback: a consumer that leaves there knows what it has.
    if (!this.#isParsing) this.#endFormat(this.#decoder === undefined);
    this.#done = true;
    this.#decoder?.destroy();
  }
  takeUnterminated(): SseEvent | undefined {
    const event = this.#unterminated;
    this.#unterminated = undefined;
    return event;
  }
  isInsideEvent(): boolean {
    return this.#isInsideEvent || this.#unterminated !== undefined;
  }
  pause(): void {
    this.#decoder?.pause();
  }
  resume(): void {
    this.#decoder?.resume();
  }
  onEvent(event: SseEvent): void {
    this.counts.events += 1;
    if (event.unterminated) this.#unterminated = event;
    else this.#observer.onEvent(event);
  }
  onText(text: string): void {
    this.#observer.onText(text);
  }
  onForeign(text: string): void {
    if (this.#tellCut === undefined) this.#finish(() => this.#observer.onForeign(text));
  }
  #decode(coding: string): ContentDecoder | undefined {
    return createContentDecoder(coding, {
      onChunk: (chunk) => this.#parse(chunk, this.#observer.bodyMs()),
      onDrain: () => this.#observer.onDrain(),
      onEnd: (isWhole) => this.#endFormat(isWhole),
      onError: (cause) => {
        if (this.#tellCut !== undefined) this.#endFormat(false);
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
    this.#isParsing = true;
    try {
      this.#format.push(chunk);
    } catch (cause) {
      this.#isParsing = false;
      this.#invalid(cause);
    }
    this.#isParsing = false;
    const piece = { bytes: chunk.length, events: counts.events - before, open: this.#format.pending };
    this.arrivals.add(atMs, this.#observer.bodyMs(), piece);
  }
  /** `isWhole`: no compressed bytes are missing. */
  #endFormat(isWhole: boolean): void {
    if (this.#done) return;
    try {
      // Compressed bytes that are missing may have been of an event, unless the compressor had just been flushed.
      const mayMiss = !isWhole && this.#decoder?.isAtFlush() !== true;
      this.#isInsideEvent = this.#format.end() || mayMiss;
    } catch (cause) {
      return this.#invalid(cause);
    }
    this.#finish(this.#tellCut ?? (() => this.#observer.onBodyEnd()));
  }
  #invalid(cause: unknown, message = 'the body cannot be read'): void {
    if (this.#done) return;
    const told = cause instanceof Error && cause.message !== '' ? cause.message : message;
    this.#tellCut = () => this.#observer.onInvalid(told, cause);
    // The rest that cannot be read may have been of an event.
    this.#isInsideEvent = true;
    try {
      this.#format.end();
    } catch {
      // The parser has failed: it holds nothing.
    }
    this.#finish(this.#tellCut);
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

/** Turns the decoded bytes of one body into events, in the turn in which they come. */
export interface BodyFormat {
  /** @throws when the body breaks a limit or cannot be what it says it is */
  push(chunk: Uint8Array): void;
  /** Gives what is held as an `unterminated` event; returns whether bytes of an event are left that gave none. */
  end(): boolean;
  /** Whether a part of an event is held. */
  readonly pending: boolean;
}

/** What a format tells the stream. */
export interface BodyFormatObserver {
  onEvent(event: SseEvent): void;
  onText(text: string): void;
  /** The body is neither of the forms: its beginning is in `text`. Nothing follows. */
  onForeign(text: string): void;
}

/** The reader for a content type: a JSON array for JSON, server-sent events for anything else. */
export function createBodyFormat(contentType: string, maxEventBytes: number, observer: BodyFormatObserver): BodyFormat {
  const mediaType = contentType.split(';', 1)[0]?.trim().toLowerCase();
  const create = mediaType === 'application/json' ? createJsonFormat : createSseFormat;
  return create(maxEventBytes, observer);
}

function createSseFormat(maxEventBytes: number, observer: BodyFormatObserver): BodyFormat {
  // A last event without its blank line is delivered, marked: whether it is whole is for the layer above to see.
  let hasGivenLast = false;
  const parser = createSseParser({
    maxEventBytes,
    lastEvent: 'emit',
    onEvent(event) {
      // After `data:` alone there is an event, but its data is still to come.
      if (event.unterminated && event.data !== '') hasGivenLast = true;
      observer.onEvent(event);
    },
    onText: (text) => observer.onText(text),
  });
  return {
    push: (chunk) => parser.push(chunk),
    end: () => parser.end().pending && !hasGivenLast,
    get pending() {
      return parser.pending;
    },
  };
}

function createJsonFormat(maxEventBytes: number, observer: BodyFormatObserver): BodyFormat {
  const decoder = new TextDecoder();
  const splitter = createJsonArraySplitter(maxEventBytes, (data) => observer.onEvent({ data }));
  let kind: 'unknown' | 'array' | 'foreign' = 'unknown';
  let foreign = '';

  const read = (text: string): void => {
    if (kind === 'unknown') {
      const first = text.trimStart()[0];
      if (first === undefined) return;
      kind = first === '[' ? 'array' : 'foreign';
    }
    if (kind === 'array') splitter.push(text);
    else if (foreign.length < maxExcerptLength) foreign = (foreign + text).slice(0, maxExcerptLength);
  };
  return {
    push: (chunk) => read(decoder.decode(chunk, { stream: true })),
    end() {
      read(decoder.decode());
      const rest = splitter.end();
      if (rest !== '') observer.onEvent({ data: rest, unterminated: true });
      if (kind === 'foreign') observer.onForeign(foreign);
      return splitter.isPromised;
    },
    get pending() {
      return splitter.pending;
    },
  };
}
