import type { InflateRaw } from 'node:zlib';

/** The most of a refused or foreign body that is read, in UTF-16 units. */
export const maxForeignLength = 1024 * 1024;

// Loaded with the first body that is encoded: it takes 2 ms.
const zlib = () => process.getBuiltinModule('node:zlib');
const zlibOptions = () => ({ flush: zlib().constants.Z_SYNC_FLUSH });

const decoders = {
  gzip: () => zlib().createGunzip(zlibOptions()),
  'x-gzip': () => zlib().createGunzip(zlibOptions()),
  deflate: () => zlib().createInflate(zlibOptions()),
  br: () => zlib().createBrotliDecompress({ flush: zlib().constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => zlib().createZstdDecompress(),
};

/** A content coding that can be decoded. */
export type ContentCoding = keyof typeof decoders;

/** Returns the coding of a body, `undefined` if it is not encoded, and `'unknown'` if it cannot be decoded. */
export function codingOf(headers: Readonly<Record<string, string>>): ContentCoding | 'unknown' | undefined {
  const coding = headers['content-encoding']?.trim().toLowerCase();
  if (coding === undefined || coding === 'identity') return undefined;
  return Object.hasOwn(decoders, coding) ? (coding as ContentCoding) : 'unknown';
}

/** Receives the decoded bytes. `onEnd` or `onError` comes last. */
export interface DecoderObserver {
  onChunk(chunk: Uint8Array): void;
  onDrain(): void;
  /** `isWhole`: the compressed stream's own end has come. */
  onEnd(isWhole: boolean): void;
  onError(error: Error): void;
}

// An empty stored block, on a byte border (RFC 1951, section 3.2.4): zlib writes it for Z_SYNC_FLUSH.
const syncFlush = 0x00_00_ff_ff;

/**
 * Undoes a `content-encoding` as the bytes come. It gives out all that can be decoded so far, so a server that flushes
 * its compressor stays live.
 */
export class ContentDecoder {
  readonly #coding: ContentCoding;
  readonly #observer: DecoderObserver;
  #stream;
  #lastBytes = 0;
  #isFlushed = false;
  #hasBegun = false;

  constructor(coding: ContentCoding, observer: DecoderObserver) {
    this.#coding = coding;
    this.#observer = observer;
    this.#stream = this.#open(decoders[coding]());
  }

  #open<Stream extends ReturnType<(typeof decoders)[ContentCoding]>>(stream: Stream): Stream {
    const observer = this.#observer;
    stream.on('data', (chunk: Buffer) => {
      observer.onChunk(chunk);
      this.#endWhenRead();
    });
    stream.on('drain', () => observer.onDrain());
    stream.on('end', () => observer.onEnd(true));
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#isFlushed && error.code === 'Z_BUF_ERROR') observer.onEnd(false);
      else observer.onError(error);
    });
    return stream;
  }

  /** Returns `false` to ask the caller to stop until `onDrain`. */
  write(chunk: Uint8Array): boolean {
    if (!this.#hasBegun && chunk.length > 0) {
      this.#hasBegun = true;
      if (this.#coding === 'deflate' && !isZlib(chunk)) this.#replace(zlib().createInflateRaw(zlibOptions()));
    }
    for (const byte of chunk.subarray(-4)) this.#lastBytes = ((this.#lastBytes << 8) | byte) >>> 0;
    return this.#stream.write(chunk);
  }

  /** No more bytes come: `onEnd` follows when all that can be decoded was given out. */
  end(): void {
    this.#stream.flush(() => {
      this.#isFlushed = true;
      this.#endWhenRead();
    });
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  destroy(): void {
    this.#stream.destroy();
  }

  /** Whether the bytes so far end with a flush of the compressor: then everything that it took in has arrived. */
  isAtFlush(): boolean {
    return this.#coding !== 'br' && this.#coding !== 'zstd' && this.#lastBytes === syncFlush;
  }

  #replace(stream: InflateRaw): void {
    const isPaused = this.#stream.isPaused();
    this.#stream.removeAllListeners().destroy();
    this.#stream = this.#open(stream);
    if (isPaused) this.#stream.pause();
  }

  // The error of a stream without its own end destroys what is not read yet: so the end waits until all is read.
  #endWhenRead(): void {
    if (this.#isFlushed && this.#stream.readableLength === 0) this.#stream.end();
  }
}

// Some servers send `deflate` without zlib's header (RFC 1950), which names the method in its first four bits.
function isZlib(chunk: Uint8Array): boolean {
  return ((chunk[0] ?? 0) & 0x0f) === 8;
}

/** How long the body of a refusal may take: its status is known already. */
const excerptTimeoutMs = 2_000;

/**
 * Collects a body that is no event stream, such as an error's. Calls `onDone` once: at the body's end, at 1 MiB, or after
 * 2 s, so a refusal whose body never ends still becomes an error in time.
 */
export class ForeignBody implements DecoderObserver {
  readonly #onDone: (text: string) => void;
  readonly #decoder: ContentDecoder | undefined;
  readonly #textDecoder = new TextDecoder();
  readonly #timer = setTimeout(() => this.onEnd(), excerptTimeoutMs);
  #text = '';
  #isDone = false;

  constructor(coding: ContentCoding | 'unknown' | undefined, onDone: (text: string) => void) {
    this.#onDone = onDone;
    this.#decoder = coding === undefined || coding === 'unknown' ? undefined : new ContentDecoder(coding, this);
  }

  write(chunk: Uint8Array): void {
    if (this.#isDone) return;
    if (this.#decoder === undefined) this.onChunk(chunk);
    else this.#decoder.write(chunk);
  }

  end(): void {
    if (this.#isDone) return;
    if (this.#decoder === undefined) this.onEnd();
    else this.#decoder.end();
  }

  /** `onDone` is not called any more. */
  destroy(): void {
    this.#isDone = true;
    clearTimeout(this.#timer);
    this.#decoder?.destroy();
  }

  onChunk(chunk: Uint8Array): void {
    if (this.#isDone) return;
    this.#text += this.#textDecoder.decode(chunk, { stream: true });
    if (this.#text.length >= maxForeignLength) this.onEnd();
  }

  onDrain(): void {}

  onEnd(): void {
    if (this.#isDone) return;
    this.destroy();
    this.#onDone(this.#text.slice(0, maxForeignLength));
  }

  onError(): void {
    this.onEnd();
  }
}
