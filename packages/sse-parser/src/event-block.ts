import { createParser } from 'eventsource-parser';
import { SseError } from './errors.ts';
import type { SseParserOptions } from './types.ts';
import { maxBytesPerCodeUnit, utf8Length } from './utf8-length.ts';

/** The lines between two blank lines, and the event that they make. */
export interface EventBlock {
  readonly pending: boolean;
  readonly lastEventId: string;
  /** Takes the whole data line `text.slice(start, end)`. */
  dataLine(text: string, start: number, end: number): void;
  /** Takes a whole event, id or retry line. */
  fieldLine(line: string): void;
  /** Closes the block: an event, if it has data. */
  blankLine(): void;
  /** Throws when a line of at least this length would make the block too large; `countBytes` tells its exact length. */
  checkRoom(chars: number, countBytes: () => number): void;
  /** Delivers what there is, marked `unterminated`; ids of the block do not count, for they may be cut. */
  emitUnterminated(): void;
  reset(): void;
}

const colon = 58;
const space = 32;
const dataName = 'data'.length;

/**
 * A block of one data line, nearly every block there is, is kept as that one string and never reaches
 * eventsource-parser. As soon as a second line comes, both go there, and with them the rest of the block.
 */
export const createEventBlock = (
  options: SseParserOptions,
  maxEventBytes: number,
  fail: (error: SseError) => never,
): EventBlock => {
  const { onEvent, onId, onRetry } = options;
  let onlyData: string | undefined;
  // The bytes of the lines so far; for `onlyData` an upper bound, made exact when it matters.
  let bytes = 0;
  let onlyDataChars = 0;
  let begun = false;
  let unterminated = false;
  let lastEventId = '';

  const parser = createParser({
    onEvent: ({ data, event, id }) => {
      onEvent(unterminated ? { data, event, id, unterminated: true } : { data, event, id });
    },
    onId: (id) => {
      if (unterminated) return;
      lastEventId = id;
      onId?.(id);
    },
    onRetry,
  });

  const forget = (): void => {
    onlyData = undefined;
    bytes = 0;
    begun = false;
  };

  /** The exact bytes of the block so far. */
  const countBytes = (): number =>
    onlyData === undefined ? bytes : utf8Length(onlyData) + onlyDataChars - onlyData.length;

  const checkRoom = (chars: number, countLine: () => number): void => {
    if (bytes + chars * maxBytesPerCodeUnit <= maxEventBytes) return;
    const received = countBytes() + countLine();
    if (received <= maxEventBytes) return;
    const message = `An event has more than ${maxEventBytes} bytes: ${received} came already.`;
    fail(new SseError('event-too-large', message, { limit: maxEventBytes, received }));
  };

  const feedOnlyData = (): void => {
    if (onlyData === undefined) return;
    bytes = countBytes();
    parser.feed(`data: ${onlyData}\n`);
    onlyData = undefined;
  };

  const fieldLine = (line: string): void => {
    checkRoom(line.length, () => utf8Length(line));
    feedOnlyData();
    bytes += utf8Length(line);
    begun ||= !line.startsWith('retry');
    parser.feed(`${line}\n`);
  };

  return {
    get pending() {
      return begun;
    },
    get lastEventId() {
      return lastEventId;
    },
    dataLine(text, start, end) {
      if (begun || bytes > 0) return fieldLine(text.slice(start, end));
      checkRoom(end - start, () => utf8Length(text.slice(start, end)));
      begun = true;
      onlyDataChars = end - start;
      bytes = onlyDataChars * maxBytesPerCodeUnit;
      let valueStart = start + dataName;
      if (valueStart < end && text.charCodeAt(valueStart) === colon) valueStart += 1;
      if (valueStart < end && text.charCodeAt(valueStart) === space) valueStart += 1;
      onlyData = text.slice(valueStart, end);
    },
    fieldLine,
    blankLine() {
      const data = onlyData;
      const fed = data === undefined && bytes > 0;
      forget();
      if (data !== undefined) onEvent({ data, event: undefined, id: undefined });
      else if (fed) parser.feed('\n');
    },
    checkRoom,
    emitUnterminated() {
      unterminated = true;
      feedOnlyData();
      parser.feed('\n');
    },
    reset() {
      forget();
      unterminated = false;
      lastEventId = '';
      parser.reset();
    },
  };
};
