import { createUtf8Decoder, type Utf8Decoder } from './decode-utf8.ts';
import type { SseError } from './errors.ts';
import { createLineReader } from './line-reader.ts';
import type { ResolvedOptions } from './resolve-options.ts';
import type { SseInputEnd } from './types.ts';

/** All that is known of one stream. There is no way back to its beginning: another stream gets another reader. */
export interface StreamReader {
  readonly pending: () => boolean;
  read(chunk: Uint8Array | string): void;
  end(): SseInputEnd;
}

export const createStreamReader = (options: ResolvedOptions, fail: (error: SseError) => never): StreamReader => {
  const lines = createLineReader(options, fail);
  let atStart = true;
  let decode: Utf8Decoder | undefined;

  const readText = (text: string, excessBytes: number): void => {
    if (text === '') return;
    lines.read(atStart && text.startsWith('\uFEFF') ? text.slice(1) : text, excessBytes);
    atStart = false;
  };

  const endBytes = (): void => decode?.(new Uint8Array(), true);

  return {
    pending: lines.pending,
    read(chunk) {
      if (typeof chunk === 'string') {
        endBytes();
        return readText(chunk, Infinity);
      }
      decode ??= createUtf8Decoder(readText, options.invalidUtf8 === 'error' ? fail : undefined);
      decode(chunk);
    },
    end() {
      endBytes();
      const pending = lines.pending();
      lines.end();
      return { pending };
    },
  };
};
