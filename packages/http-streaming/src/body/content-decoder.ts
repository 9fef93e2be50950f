import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Undoes a `content-encoding` as the bytes come. */
export interface ContentDecoder {
  /** `false` asks the caller to stop until `onDrain`. */
  write(chunk: Uint8Array): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** Where decoded bytes go. */
export interface ContentDecoderOptions {
  onChunk(chunk: Uint8Array): void;
  onDrain(): void;
  onEnd(): void;
  onError(error: Error): void;
}

const zlibOptions = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const brotliOptions = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
};

/**
 * Makes the decoder for one coding; `undefined` for a coding that we do not know. It gives out whatever can be
 * decoded so far, so a server that flushes its compressor stays live.
 */
export function createContentDecoder(coding: string, options: ContentDecoderOptions): ContentDecoder | undefined {
  const stream = createZlibStream(coding.trim().toLowerCase());
  if (stream === undefined) return undefined;
  stream.on('data', (chunk: Buffer) => options.onChunk(chunk));
  stream.on('drain', () => options.onDrain());
  stream.on('end', () => options.onEnd());
  stream.on('error', (error) => options.onError(error));
  return {
    write: (chunk) => stream.write(chunk),
    end: () => stream.end(),
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    destroy: () => stream.destroy(),
  };
}

function createZlibStream(coding: string) {
  if (coding === 'gzip' || coding === 'x-gzip') return createGunzip(zlibOptions);
  if (coding === 'deflate') return createInflate(zlibOptions);
  if (coding === 'br') return createBrotliDecompress(brotliOptions);
  return undefined;
}
