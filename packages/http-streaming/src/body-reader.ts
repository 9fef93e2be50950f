import type { SseEvent } from '@gemini/sse-parser';
import { createArrivals, type Arrivals } from './arrivals.ts';
import { createBodyFormat } from './body-format.ts';
import { createContentDecoder, type ContentDecoder } from './content-decoder.ts';
import { createLastBytes, type LastBytes } from './last-bytes.ts';

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

/** Where the pieces of a body go. Of `onEnd`, `onForeign` and `onInvalid` one is called, last. */
export interface BodyReaderOptions {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly maxEventBytes: number;
  /** Milliseconds since the request. */
  elapsedMs(): number;
  onEvent(event: SseEvent): void;
  onText(text: string): void;
  onDrain(): void;
  onEnd(): void;
  /** The body is a single JSON value; its beginning is in `text`. */
  onForeign(text: string): void;
  onInvalid(message: string, cause: unknown): void;
}

const lastBytesSize = 2 * 1024;

/** For a response that `refuseResponse` lets pass. */
export function createBodyReader(options: BodyReaderOptions): BodyReader {
  const arrivals = createArrivals();
  const lastBytes = createLastBytes(lastBytesSize);
  const counts: BodyCounts = { bytes: 0, decodedBytes: 0, events: 0 };
  let done = false;
  let tellCut: (() => void) | undefined;

  const finish = (tell: () => void): void => {
    if (done) return;
    done = true;
    tell();
  };
  const invalid = (cause: unknown, message = 'the body cannot be read'): void => {
    finish(() => options.onInvalid(cause instanceof Error && cause.message !== '' ? cause.message : message, cause));
  };
  const format = createBodyFormat(options.contentType ?? '', {
    maxEventBytes: options.maxEventBytes,
    onEvent(event) {
      counts.events += 1;
      options.onEvent(event);
    },
    onText: (text) => options.onText(text),
    onForeign: (text) => finish(() => options.onForeign(text)),
  });

  const parse = (chunk: Uint8Array, atMs: number): void => {
    if (done) return;
    const before = counts.events;
    counts.decodedBytes += chunk.length;
    lastBytes.add(chunk);
    try {
      format.push(chunk);
    } catch (cause) {
      invalid(cause);
    }
    const piece = { bytes: chunk.length, events: counts.events - before, open: format.pending };
    arrivals.add(atMs, options.elapsedMs(), piece);
  };
  const endFormat = (): void => {
    if (done) return;
    if (tellCut !== undefined) return finish(tellCut);
    try {
      format.end();
    } catch (cause) {
      invalid(cause);
    }
    finish(() => options.onEnd());
  };

  const coding = options.contentEncoding;
  const decoder: ContentDecoder | undefined =
    coding === undefined || coding === 'identity'
      ? undefined
      : createContentDecoder(coding, {
          onChunk: (chunk) => parse(chunk, options.elapsedMs()),
          onDrain: () => options.onDrain(),
          onEnd: endFormat,
          onError: (cause) => {
            if (tellCut !== undefined) finish(tellCut);
            else invalid(cause, `the ${coding} body cannot be decoded`);
          },
        });
  return {
    write(chunk, atMs) {
      counts.bytes += chunk.length;
      if (decoder !== undefined) return decoder.write(chunk);
      parse(chunk, atMs);
      return true;
    },
    end() {
      if (decoder === undefined) endFormat();
      else decoder.end();
    },
    cut(tell) {
      tellCut = tell;
      if (decoder === undefined) finish(tell);
      else decoder.end();
    },
    pause: () => decoder?.pause(),
    resume: () => decoder?.resume(),
    destroy() {
      done = true;
      decoder?.destroy();
    },
    arrivals,
    lastBytes,
    counts,
  };
}
