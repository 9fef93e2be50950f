import { createSseParser } from './create-sse-parser.ts';
import type { SseParser, SseParserOptions, SseStreamOptions } from './types.ts';

/** Options of `checkSplitInvariance`. */
export interface SplitCheckOptions extends Pick<SseStreamOptions, 'maxEventBytes' | 'lastEvent' | 'invalidUtf8'> {
  /**
   * The parser to check, for a parser or a wrapper of your own.
   *
   * @defaultValue `createSseParser`
   */
  readonly createParser?: ((options: SseParserOptions) => Pick<SseParser, 'push' | 'end'>) | undefined;
}

/** One call of a parser's callback, with its arguments; or the end, or an error. */
export type SseSignal =
  | {
      readonly type: 'event';
      readonly data: string;
      readonly event: string | undefined;
      readonly id: string | undefined;
      readonly unterminated: boolean;
    }
  | { readonly type: 'comment' | 'id' | 'text'; readonly text: string }
  | { readonly type: 'retry'; readonly delayMs: number }
  | { readonly type: 'end'; readonly pending: boolean }
  | { readonly type: 'error'; readonly name: string; readonly code: string | undefined };

/** The first difference that was found. */
export interface SplitDifference {
  /** The one or two offsets at which the bytes were cut. */
  readonly cuts: readonly number[];
  /** The index in the sequence of signals. */
  readonly index: number;
  /** The signal from the bytes in one piece; undefined past the end. */
  readonly expected: SseSignal | undefined;
  /** The signal from the cut bytes; undefined past the end. */
  readonly actual: SseSignal | undefined;
}

/** The result of the check. */
export interface SplitReport {
  /** The number of splits that were tried. */
  readonly splits: number;
  /** Undefined if every split gave the same signals. */
  readonly difference: SplitDifference | undefined;
}

/**
 * Checks that the events, comments, ids, delays, texts, end and error of a capture are the same for every split: tries
 * each cut and each pair of cuts, and stops at the first difference. The number of splits grows with the square of the
 * bytes and the time with the cube: a capture of 250 bytes takes about a second, so shorten a longer one.
 */
export function checkSplitInvariance(bytes: Uint8Array, options: SplitCheckOptions = {}): SplitReport {
  const expected = readPieces([bytes], options);
  const expectedJson = JSON.stringify(expected);
  let splits = 0;
  const attempt = (...cuts: readonly number[]): SplitDifference | undefined => {
    splits += 1;
    const ends = [...cuts, bytes.length];
    const actual = readPieces(
      ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end)),
      options,
    );
    if (JSON.stringify(actual) === expectedJson) return undefined;
    const index = findDifference(expected, actual);
    return { cuts, index, expected: expected[index], actual: actual[index] };
  };
  for (let first = 1; first < bytes.length; first += 1) {
    const difference = attempt(first);
    if (difference) return { splits, difference };
  }
  for (let first = 1; first < bytes.length; first += 1) {
    for (let second = first + 1; second < bytes.length; second += 1) {
      const difference = attempt(first, second);
      if (difference) return { splits, difference };
    }
  }
  return { splits, difference: undefined };
}

function errorSignal(error: unknown): SseSignal {
  const { name, code } = error as { name?: unknown; code?: unknown };
  return { type: 'error', name: String(name), code: typeof code === 'string' ? code : undefined };
}

function readPieces(pieces: readonly Uint8Array[], options: SplitCheckOptions): SseSignal[] {
  const { createParser = createSseParser, ...parserOptions } = options;
  const signals: SseSignal[] = [];
  const parser = createParser({
    ...parserOptions,
    onEvent: ({ data, event, id, unterminated = false }) =>
      signals.push({ type: 'event', data, event, id, unterminated }),
    onComment: (text) => signals.push({ type: 'comment', text }),
    onRetry: (delayMs) => signals.push({ type: 'retry', delayMs }),
    onId: (text) => signals.push({ type: 'id', text }),
    onText: (text) => signals.push({ type: 'text', text }),
  });
  try {
    for (const piece of pieces) parser.push(piece);
    signals.push({ type: 'end', pending: parser.end().pending });
  } catch (error) {
    signals.push(errorSignal(error));
  }
  return signals;
}

/** Returns the index of the first difference. Signals are compared as JSON: the order of their keys is always the same. */
function findDifference(expected: readonly SseSignal[], actual: readonly SseSignal[]): number {
  const length = Math.max(expected.length, actual.length);
  for (let index = 0; index < length; index += 1) {
    if (JSON.stringify(expected[index]) !== JSON.stringify(actual[index])) return index;
  }
  return -1;
}
