import { maxExcerptLength } from '../body/body-format.ts';
import { createContentDecoder, type ContentDecoder } from '../body/content-decoder.ts';

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
