import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** The most of a foreign body that is kept, in UTF-16 units. */
export const maxExcerptLength = 16 * 1024;

/** Undoes a `content-encoding` as the bytes come. */
export interface ContentDecoder {
  /** `false` asks the caller to stop until `onDrain`. */
  write(chunk: Uint8Array): boolean;
  /** No more bytes come: `onEnd` follows when all that can be decoded was given out. */
  end(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
  /** Whether the bytes so far end where the compressor flushed: then all that it had taken in has come. */
  isAtFlush(): boolean;
}

/** Where decoded bytes go. */
export interface ContentDecoderOptions {
  onChunk(chunk: Uint8Array): void;
  onDrain(): void;
  /** `isWhole`: the compressed stream's own end has come. */
  onEnd(isWhole: boolean): void;
  onError(error: Error): void;
}

const zlibOptions = { flush: constants.Z_SYNC_FLUSH };
const brotliOptions = { flush: constants.BROTLI_OPERATION_FLUSH };
// An empty stored block, on a byte border (RFC 1951, section 3.2.4): what zlib writes for Z_SYNC_FLUSH.
const syncFlush = 0x00_00_ff_ff;

/**
 * Makes the decoder for one coding; `undefined` for a coding that we do not know. It gives out whatever can be
 * decoded so far, so a server that flushes its compressor stays live.
 */
export function createContentDecoder(coding: string, options: ContentDecoderOptions): ContentDecoder | undefined {
  const name = coding.trim().toLowerCase();
  const stream = createZlibStream(name);
  if (stream === undefined) return undefined;
  let lastBytes = 0;
  let isFlushed = false;
  // The error of a stream without its own end destroys what is not read yet: so the end waits until all is read.
  const endWhenRead = (): void => {
    if (isFlushed && stream.readableLength === 0) stream.end();
  };
  stream.on('data', (chunk: Buffer) => {
    options.onChunk(chunk);
    endWhenRead();
  });
  stream.on('drain', () => options.onDrain());
  stream.on('end', () => options.onEnd(true));
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (isFlushed && error.code === 'Z_BUF_ERROR') options.onEnd(false);
    else options.onError(error);
  });
  return {
    write(chunk) {
      for (const byte of chunk.subarray(-4)) lastBytes = ((lastBytes << 8) | byte) >>> 0;
      return stream.write(chunk);
    },
    end() {
      stream.flush(() => {
        isFlushed = true;
        endWhenRead();
      });
    },
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    destroy: () => stream.destroy(),
    isAtFlush: () => name !== 'br' && lastBytes === syncFlush,
  };
}

function createZlibStream(name: string) {
  if (name === 'gzip' || name === 'x-gzip') return createGunzip(zlibOptions);
  if (name === 'deflate') return createInflate(zlibOptions);
  if (name === 'br') return createBrotliDecompress(brotliOptions);
  return undefined;
}

/** How long the body of a refusal may take: its status is known already. */
const excerptTimeoutMs = 2_000;

/** Collects the beginning of a body that is no event stream, such as an error's. */
export interface ExcerptCollector {
  data(chunk: Uint8Array): void;
  end(): void;
  /** Nothing more is told. */
  destroy(): void;
}

/**
 * Calls `onDone` once: at the body's end, at 16 KiB, or after 2 s, whichever comes first. So a refusal whose body never
 * ends still becomes an error in time.
 */
export function collectExcerpt(contentEncoding: string | undefined, onDone: (text: string) => void): ExcerptCollector {
  const textDecoder = new TextDecoder();
  let text = '';
  let done = false;
  const destroy = (): void => {
    done = true;
    clearTimeout(timer);
    decoder?.destroy();
  };
  const finish = (): void => {
    if (done) return;
    destroy();
    onDone(text.slice(0, maxExcerptLength));
  };
  const add = (chunk: Uint8Array): void => {
    if (done) return;
    text += textDecoder.decode(chunk, { stream: true });
    if (text.length >= maxExcerptLength) finish();
  };
  const decoder: ContentDecoder | undefined =
    contentEncoding === undefined || contentEncoding === 'identity'
      ? undefined
      : createContentDecoder(contentEncoding, { onChunk: add, onDrain() {}, onEnd: finish, onError: finish });
  const timer = setTimeout(finish, excerptTimeoutMs);
  return {
    data(chunk) {
      if (done) return;
      if (decoder === undefined) add(chunk);
      else decoder.write(chunk);
    },
    end() {
      if (done) return;
      if (decoder === undefined) finish();
      else decoder.end();
    },
    destroy,
  };
}
