import { createParser } from 'eventsource-parser';
import { SseError } from './errors.ts';
import { createTextBuffer } from './text-buffer.ts';
import type { SseParserOptions } from './types.ts';
import { maxBytesPerCodeUnit, utf8Length } from './utf8-length.ts';

/** The lines between two blank lines, and the event that they make. */
export interface EventBlock {
  /** Whether a data, event or id line has come. */
  readonly pending: boolean;
  readonly lastEventId: string;
  /** Takes the whole data line `text.slice(start, end)`. */
  dataLine(text: string, start: number, end: number): void;
  /** Takes a whole event, id or retry line. */
  fieldLine(line: string): void;
  /** Closes the block: an event, if it has data. */
  blankLine(): void;
  /** Fails when a line that is `chars` long by now makes the block too large; `countLine` tells its exact bytes. */
  checkRoom(chars: number, countLine: () => number): void;
  /** Delivers what there is, marked `unterminated`. An id of this block does not count: it may be cut. */
  emitUnterminated(): void;
  reset(): void;
}

const colon = 58;
const space = 32;
const dataName = 'data'.length;

const findDataValue = (text: string, start: number, end: number): number => {
  let valueStart = start + dataName;
  if (valueStart < end && text.charCodeAt(valueStart) === colon) valueStart += 1;
  if (valueStart < end && text.charCodeAt(valueStart) === space) valueStart += 1;
  return valueStart;
};

/**
 * Data is collected here: nearly every block is one data line, which needs no more than a slice, and a million short
 * ones must not cost a rope node each. The other fields go to eventsource-parser, and where a block has some, an empty
 * data line in place of the data.
 */
export const createEventBlock = (
  options: SseParserOptions,
  maxEventBytes: number,
  fail: (error: SseError) => never,
): EventBlock => {
  const { onEvent, onId, onRetry } = options;
  let firstData = '';
  const allData = createTextBuffer();
  let dataLines = 0;
  let dataChars = 0;
  /** The bytes of the block that are not data: field names, and the whole of other lines. */
  let otherBytes = 0;
  let hasOtherFields = false;
  let pending = false;
  let closedData = '';
  let unterminated = false;
  let lastEventId = '';

  const fields = createParser({
    onEvent: ({ event, id }) => {
      onEvent(unterminated ? { data: closedData, event, id, unterminated } : { data: closedData, event, id });
    },
    onId: (id) => {
      if (unterminated) return;
      lastEventId = id;
      onId?.(id);
    },
    onRetry,
  });

  const takeData = (): string | undefined => {
    if (dataLines === 0) return undefined;
    return dataLines === 1 ? firstData : allData.take();
  };

  const forget = (): void => {
    firstData = '';
    dataLines = 0;
    dataChars = 0;
    otherBytes = 0;
    hasOtherFields = false;
    pending = false;
  };

  const checkRoom = (chars: number, countLine: () => number): void => {
    if (otherBytes + (dataChars + chars) * maxBytesPerCodeUnit <= maxEventBytes) return;
    // The line feeds between data lines are no part of any line.
    const dataBytes = dataLines > 1 ? allData.countBytes() - (dataLines - 1) : utf8Length(firstData);
    const received = otherBytes + dataBytes + countLine();
    if (received <= maxEventBytes) return;
    const message = `An event has more than ${maxEventBytes} bytes: ${received} came already.`;
    fail(new SseError('event-too-large', message, { limit: maxEventBytes, received }));
  };

  const close = (): void => {
    const data = takeData();
    const fed = hasOtherFields;
    forget();
    if (fed) {
      closedData = data ?? '';
      fields.feed(data === undefined ? '\n' : 'data:\n\n');
      closedData = '';
    } else if (data !== undefined) {
      onEvent(
        unterminated
          ? { data, event: undefined, id: undefined, unterminated }
          : { data, event: undefined, id: undefined },
      );
    }
  };

  return {
    get pending() {
      return pending;
    },
    get lastEventId() {
      return lastEventId;
    },
    dataLine(text, start, end) {
      checkRoom(end - start, () => utf8Length(text.slice(start, end)));
      const valueStart = findDataValue(text, start, end);
      const value = text.slice(valueStart, end);
      otherBytes += valueStart - start;
      dataChars += value.length;
      if (dataLines === 0) firstData = value;
      else {
        if (dataLines === 1) allData.append(firstData);
        // Joining makes a copy: a slice would hold on to the whole chunk that a short line came in.
        allData.append(['\n', value].join(''));
      }
      dataLines += 1;
      pending = true;
    },
    fieldLine(line) {
      checkRoom(line.length, () => utf8Length(line));
      otherBytes += utf8Length(line);
      hasOtherFields = true;
      pending ||= !line.startsWith('retry');
      fields.feed(`${line}\n`);
    },
    blankLine: close,
    checkRoom,
    emitUnterminated() {
      unterminated = true;
      close();
    },
    reset() {
      forget();
      allData.clear();
      closedData = '';
      unterminated = false;
      lastEventId = '';
      fields.reset();
    },
  };
};
