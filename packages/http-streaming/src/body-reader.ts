import { createSseParser, type SseEvent, type SseParser } from '@gemini/sse-parser';
import { Arrivals } from './arrivals.ts';
import { ContentDecoder, type ContentCoding, type DecoderObserver } from './content-decoder.ts';
import type { EventRun } from './event-run.ts';
import { LastBytes } from './flight-recorder.ts';
import { JsonArrayReader } from './json-array.ts';
import { RunReader } from './run-reader.ts';

/** The facts of a response that decide how its body is read. */
export interface BodyFacts {
  /** A JSON array instead of server-sent events. */
  readonly isJson: boolean;
  /** Handed on as it is. @defaultValue false */
  readonly isBytes?: boolean | undefined;
  readonly coding: ContentCoding | undefined;
  readonly maxEventBytes: number;
}

/**
 * Receives the pieces of a body. The parser is given `onEvent`, `onRun` and `onText` themselves, so these are functions of
 * their own. One of `onBodyEnd`, `onForeign` and `onInvalid` comes last, unless the body is cut or closed.
 */
export interface BodyObserver {
  /** Events so far. */
  readonly eventsCount: number;
  /** Whether an `unterminated` event with data has come. */
  readonly hasLastEvent: boolean;
  readonly onEvent: (event: SseEvent) => void;
  readonly onRun: (run: EventRun) => void;
  readonly onText: (text: string) => void;
  onBytes(chunk: Uint8Array): void;
  /** Milliseconds since the request. */
  bodyMs(): number;
  /** A read was parsed, `doneMs` after the request; `isContent` if it held an event or a piece of one. */
  onParsed(isContent: boolean, doneMs: number): void;
  /** Returns the kinds of fields that the consumer takes. Called when the first byte is parsed. */
  fieldKinds(): ReadonlySet<FieldKind>;
  /** Whether the consumer takes runs. Called when the first byte is parsed. */
  takesRuns(): boolean;
  onField(field: StreamField): void;
  onDrain(): void;
  onBodyEnd(): void;
  /** The body is a single JSON value; its beginning is in `text`. */
  onForeign(text: string): void;
  onInvalid(message: string, cause: unknown): void;
}

/** A line of an event stream that is no event, with its value. */
export type StreamField =
  | { readonly type: 'comment' | 'id'; readonly text: string }
  | { readonly type: 'retry'; readonly delayMs: number };

export type FieldKind = StreamField['type'];

/** Cuts decoded bytes into events: a parser of server-sent events, or a reader of a JSON array. */
interface BodyFormat {
  /** @throws if the body breaks a limit */
  push(chunk: Uint8Array): void;
  /** Gives what is held as an `unterminated` event; returns whether anything of an event was held. */
  end(): { readonly pending: boolean };
  readonly pending: boolean;
}

const lastBytesSize = 512;

/** Reads one response body: decodes it as it flows, cuts it into events, and counts. */
export class BodyReader implements DecoderObserver {
  readonly arrivals = new Arrivals();
  readonly lastBytes = new LastBytes(lastBytesSize);
  /** Bytes on the wire. */
  bytesCount = 0;
  /** Bytes after decoding. */
  decodedBytesCount = 0;
  readonly #observer: BodyObserver;
  readonly #json: JsonArrayReader | undefined;
  readonly #isBytes: boolean;
  readonly #maxEventBytes: number;
  /** From the first byte on: a stream that waits holds no parser. */
  #format: BodyFormat | undefined;
  #parser: SseParser | undefined;
  readonly #coding: ContentCoding | undefined;
  readonly #decoder: ContentDecoder | undefined;
  #isOver = false;
  #isParsing = false;
  #isInsideEvent = false;
  /** Set if the body is cut: called in the place of any other end. */
  #onCut: (() => void) | undefined;

  constructor({ isJson, isBytes = false, coding, maxEventBytes }: BodyFacts, observer: BodyObserver) {
    this.#observer = observer;
    this.#isBytes = isBytes;
    this.#maxEventBytes = maxEventBytes;
    this.#json = isJson ? new JsonArrayReader(maxEventBytes, observer.onEvent) : undefined;
    this.#coding = coding;
    this.#decoder = coding === undefined ? undefined : new ContentDecoder(coding, this);
  }

  /** The last `id:` so far, also of a block without data; empty without one. */
  get lastEventId(): string {
    return this.#parser?.lastEventId ?? '';
  }

  /** The last valid `retry:` so far, in milliseconds. */
  retryDelayMs: number | undefined;

  /** After the end: whether bytes of an event were pending that gave none. */
  get isInsideEvent(): boolean {
    return this.#isInsideEvent;
  }

  /** Takes a read that came `atMs` after the request. Returns `false` to ask the caller to stop until `onDrain`. */
  write(chunk: Uint8Array, atMs: number): boolean {
    this.bytesCount += chunk.length;
    if (this.#decoder !== undefined) return this.#decoder.write(chunk);
    this.#parse(chunk, atMs);
    return true;
  }

  /** The body has ended as HTTP allows. */
  end(): void {
    if (this.#decoder === undefined) this.onEnd(true);
    else this.#decoder.end();
  }

  /** The body was cut: decodes and parses the partial body, then calls `onCut` instead of any other end. */
  cut(onCut: () => void): void {
    if (this.#onCut !== undefined) return;
    this.#onCut = onCut;
    this.end();
  }

  /** Ends the body here, if it has not ended: nothing more is decoded, but `isInsideEvent` is known. */
  close(): void {
    this.#onCut ??= () => {};
    // The parser cannot be ended inside a callback: a consumer that leaves there knows what it has.
    if (!this.#isParsing) this.onEnd(this.#decoder === undefined);
    this.#isOver = true;
    this.#decoder?.destroy();
  }

  /** Holds back what the decoder would still give out. */
  pause(): void {
    this.#decoder?.pause();
  }

  resume(): void {
    this.#decoder?.resume();
  }

  onChunk(chunk: Uint8Array): void {
    this.#parse(chunk, this.#observer.bodyMs());
  }

  onDrain(): void {
    this.#observer.onDrain();
  }

  onEnd(isWhole: boolean): void {
    if (this.#isOver) return;
    this.#isParsing = true;
    try {
      // Compressed bytes that are missing may have been of an event, unless the compressor had just been flushed.
      const mayMiss = !isWhole && this.#decoder?.isAtFlush() !== true;
      this.#isInsideEvent = (this.#format?.end().pending === true && !this.#observer.hasLastEvent) || mayMiss;
    } catch (cause) {
      return this.#invalidate(cause);
    } finally {
      this.#isParsing = false;
    }
    this.#isOver = true;
    const foreignText = this.#json?.foreignText;
    if (this.#onCut !== undefined) this.#onCut();
    else if (foreignText === undefined) this.#observer.onBodyEnd();
    else this.#observer.onForeign(foreignText);
  }

  onError(error: Error): void {
    if (this.#onCut !== undefined) this.onEnd(false);
    else this.#invalidate(error, `the ${this.#coding} body cannot be decoded`);
  }

  #parse(chunk: Uint8Array, atMs: number): void {
    if (this.#isOver) return;
    const observer = this.#observer;
    const before = observer.eventsCount;
    const format = (this.#format ??= this.#json ?? (this.#isBytes ? bytesFormat(observer) : this.#createParser()));
    this.decodedBytesCount += chunk.length;
    this.lastBytes.add(chunk);
    this.#isParsing = true;
    try {
      format.push(chunk);
    } catch (cause) {
      this.#invalidate(cause);
    } finally {
      this.#isParsing = false;
    }
    const events = observer.eventsCount - before;
    const { pending: open } = format;
    const doneMs = observer.bodyMs();
    this.arrivals.add(atMs, doneMs, { bytes: chunk.length, events, open });
    observer.onParsed(events > 0 || open, doneMs);
  }

  #createParser(): BodyFormat {
    const observer = this.#observer;
    const { onEvent, onRun, onText } = observer;
    const kinds = observer.fieldKinds();
    const textOf = (type: 'comment' | 'id') =>
      kinds.has(type) ? (text: string): void => observer.onField({ type, text }) : undefined;
    this.#parser = createSseParser({
      maxEventBytes: this.#maxEventBytes,
      lastEvent: 'emit',
      onEvent,
      onText,
      onComment: textOf('comment'),
      onId: textOf('id'),
      onRetry: (delayMs) => {
        this.retryDelayMs = delayMs;
        if (kinds.has('retry')) observer.onField({ type: 'retry', delayMs });
      },
    });
    return observer.takesRuns() ? new RunReader(this.#parser, this.#maxEventBytes, onRun) : this.#parser;
  }

  /** The rest of the body cannot be read, so it may have been of an event. */
  #invalidate(cause: unknown, message = 'the body cannot be read'): void {
    if (this.#isOver) return;
    this.#isOver = this.#isInsideEvent = true;
    try {
      this.#format?.end();
    } catch {
      // The parser has failed: it holds nothing.
    }
    const reported = cause instanceof Error && cause.message !== '' ? cause.message : message;
    this.#observer.onInvalid(reported, cause);
  }
}

/** Hands on every piece. It is always inside a body whose end only HTTP knows, so each byte counts as content. */
function bytesFormat(observer: BodyObserver): BodyFormat {
  return { push: (chunk) => observer.onBytes(chunk), end: () => ({ pending: false }), pending: true };
}
