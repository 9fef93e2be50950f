import { createSseParser } from './create-sse-parser.ts';
import type { SseParser, SseParserOptions, SseStreamOptions } from './types.ts';

/** How to run the check. */
export interface SplitCheckOptions extends Pick<SseStreamOptions, 'maxEventBytes' | 'lastEvent' | 'invalidUtf8'> {
  /**
   * The parser to check, for a parser or a wrapper of your own.
   *
   * @defaultValue `createSseParser`
   */
  createParser?: ((options: SseParserOptions) => Pick<SseParser, 'push' | 'end'>) | undefined;
}

/** Something that a parser told: which callback, and what it was given. */
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
  /** Where the bytes were cut: one or two offsets. */
  readonly cuts: readonly number[];
  /** The place in the sequence of signals. */
  readonly index: number;
  /** What the bytes in one piece told there; undefined past the end. */
  readonly expected: SseSignal | undefined;
  /** What the cut bytes told there. */
  readonly actual: SseSignal | undefined;
}

/** What the check found. */
export interface SplitReport {
  /** How many splits were tried. */
  readonly splits: number;
  /** Undefined when every split told the same. */
  readonly difference: SplitDifference | undefined;
}

const errorSignal = (error: unknown): SseSignal => {
  const { name, code } = error as { name?: unknown; code?: unknown };
  return { type: 'error', name: String(name), code: typeof code === 'string' ? code : undefined };
};

const readPieces = (pieces: readonly Uint8Array[], options: SplitCheckOptions): SseSignal[] => {
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
};

/** The place of the first difference; as JSON, for signals are data and the order of their keys is always the same. */
const findDifference = (expected: readonly SseSignal[], actual: readonly SseSignal[]): number => {
  const length = Math.max(expected.length, actual.length);
  for (let index = 0; index < length; index += 1) {
    if (JSON.stringify(expected[index]) !== JSON.stringify(actual[index])) return index;
  }
  return -1;
};

/**
 * Checks on a capture of your own that its events, comments, ids, delays, texts, end and error are the same for every
 * split: tries each cut and each pair of cuts, and stops at the first difference. The number of splits grows with the
 * square of the bytes, the time with the cube: a capture of 250 bytes takes about a second; cut a longer one down.
 */
export const checkSplitInvariance = (bytes: Uint8Array, options: SplitCheckOptions = {}): SplitReport => {
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
};
