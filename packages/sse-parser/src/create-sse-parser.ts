import { createUtf8Decoder, type Utf8Decoder } from './decode-utf8.ts';
import { SseError } from './errors.ts';
import { createEventBlock } from './event-block.ts';
import { createLineReader } from './line-reader.ts';
import { resolveSseOptions } from './resolve-sse-options.ts';
import { createTextCapture } from './text-capture.ts';
import type { SseInputEnd, SseParser, SseParserOptions } from './types.ts';

type ParserState =
  | { readonly status: 'ready' | 'busy' }
  | { readonly status: 'ended'; readonly end: SseInputEnd }
  | { readonly status: 'failed'; readonly error: SseError };

const ready = { status: 'ready' } as const;
const busy = { status: 'busy' } as const;

/** A chunk of any size is decoded by and by, so that one that passes the limit does not double before it is refused. */
const maxDecodeBytes = 1024 * 1024;

/** Also true of an array from another realm, which is no `instanceof` of this one's class. */
const isBytes = (chunk: unknown): chunk is Uint8Array =>
  chunk instanceof Uint8Array || Object.prototype.toString.call(chunk) === '[object Uint8Array]';

/**
 * Makes a parser of the standard's event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * The events are the same however the input is cut, also inside a character or between CR and LF. Throws `TypeError`
 * for options that it cannot use.
 */
export const createSseParser = (options: SseParserOptions): SseParser => {
  const { maxEventBytes, lastEvent, invalidUtf8 } = resolveSseOptions(options);
  const { onEvent, onComment, onText } = options;
  if (onEvent === undefined) throw new TypeError('onEvent: expected a function, got undefined.');

  let state: ParserState = ready;
  let atStart = true;
  // Made for the first bytes: a parser of text also runs where there is no TextDecoder.
  let decoder: Utf8Decoder | undefined;

  const fail = (error: SseError): never => {
    state = { status: 'failed', error };
    throw error;
  };
  const failInvalid = (): never => fail(new SseError('invalid-utf8', 'The stream has bytes that are not UTF-8.'));
  const block = createEventBlock(options, maxEventBytes, fail);
  const texts = onText && createTextCapture(onText, maxEventBytes);
  const comments =
    onComment && createTextCapture((line) => onComment(line.slice(line.startsWith(': ') ? 2 : 1)), maxEventBytes);
  const lines = createLineReader({ block, texts, comments });

  const readText = (text: string): void => {
    if (text === '') return;
    const withoutBom = atStart && text.startsWith('\uFEFF') ? text.slice(1) : text;
    atStart = false;
    lines.read(withoutBom);
  };

  const readBytes = (bytes: Uint8Array): void => {
    decoder ??= createUtf8Decoder(invalidUtf8);
    for (let start = 0; start < bytes.length; start += maxDecodeBytes) {
      const part = bytes.length <= maxDecodeBytes ? bytes : bytes.subarray(start, start + maxDecodeBytes);
      readText(decoder.decode(part));
      if (decoder.broken) failInvalid();
    }
  };

  /** Bytes are over: a character that was cut is none. */
  const endBytes = (): void => {
    if (!decoder) return;
    readText(decoder.end());
    if (decoder.broken) failInvalid();
  };

  const enter = (method: string): void => {
    if (state.status === 'failed') throw state.error;
    if (state.status === 'busy') {
      throw new SseError('reentrant-call', `${method}() was called from inside a callback of the same parser.`);
    }
    state = busy;
  };

  /** Whatever was thrown while busy came from a callback, unless `fail` has put down its own error. */
  const leaveFailed = (cause: unknown): void => {
    if (state.status === 'failed') return;
    const message = 'A callback threw in an earlier call; events may be missing, and reset() starts anew.';
    state = { status: 'failed', error: new SseError('callback-failed', message, { cause }) };
  };

  const isPending = (): boolean => block.pending || lines.pending;

  const finish = (): SseInputEnd => {
    endBytes();
    const end: SseInputEnd = { pending: isPending() };
    lines.end(lastEvent === 'emit');
    if (lastEvent === 'emit') block.emitUnterminated();
    return end;
  };

  return {
    push(chunk) {
      const isText = typeof chunk === 'string';
      if (!isText && !isBytes(chunk)) {
        throw new TypeError(`push: expected a Uint8Array or a string, got ${Object.prototype.toString.call(chunk)}.`);
      }
      if (state.status === 'ended') throw new SseError('input-ended', 'push() after end(); reset() starts anew.');
      enter('push');
      try {
        if (isText) {
          endBytes();
          readText(chunk);
        } else readBytes(chunk);
      } catch (error) {
        leaveFailed(error);
        throw error;
      }
      state = ready;
    },
    end() {
      if (state.status === 'ended') return state.end;
      enter('end');
      try {
        const end = finish();
        state = { status: 'ended', end };
        return end;
      } catch (error) {
        leaveFailed(error);
        throw error;
      }
    },
    reset() {
      if (state.status === 'busy') enter('reset');
      state = ready;
      atStart = true;
      decoder?.reset();
      texts?.clear();
      comments?.clear();
      lines.reset();
      block.reset();
    },
    get pending() {
      return state.status === 'ended' ? state.end.pending : isPending();
    },
    get lastEventId() {
      return block.lastEventId;
    },
  };
};
