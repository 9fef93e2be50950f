import { createParser } from 'eventsource-parser';
import { SseError } from './errors.ts';
import { createTextBuffer } from './text-buffer.ts';
import type { ResolvedOptions } from './resolve-options.ts';
import { utf8Length } from './utf8-length.ts';

/** The lines between two blank lines, and the event that they make. */
export interface EventBlock {
  /** Whether a data, event or id line has come. */
  readonly pending: boolean;
  /** Takes the whole data line `text.slice(start, end)`, which has at most `bound` bytes. */
  dataLine(text: string, start: number, end: number, bound: number): void;
  /** Takes a whole event, id or retry line. */
  fieldLine(line: string): void;
  /**
   * Fails when a line that has at most `bound` bytes by now makes the block too large. Only when that could be,
   * `countLine` is asked for its exact bytes: most events are never near the limit.
   */
  checkRoom(bound: number, countLine: () => number): void;
  /** Makes an event of the block, if it has data. Where the blank line never came, an id does not count: it may be cut. */
  close(unterminated?: true): void;
}

const space = 32;

/**
 * Data is collected here: nearly every block is one data line, which needs no more than a slice, and a million short
 * ones must not cost a rope node each. The other fields go to eventsource-parser, and where a block has some, an empty
 * data line in place of the data.
 */
export const createEventBlock = (
  { onEvent, onId, onRetry, maxEventBytes }: ResolvedOptions,
  fail: (error: SseError) => never,
): EventBlock => {
  const moreData = createTextBuffer();
  let data = '';
  let dataLines = 0;
  /** The bytes of the block that are not data: field names, and the whole of other lines. */
  let otherBytes = 0;
  /** At least as many bytes as the block has; exactly as many as soon as that has mattered once. */
  let blockBound = 0;
  let isExact = false;
  let hasOtherFields = false;
  let pending = false;
  let isCut: true | undefined;

  const emit = (event?: string, id?: string): void => {
    onEvent(isCut ? { data, event, id, unterminated: isCut } : { data, event, id });
  };

  const fields = createParser({
    onEvent: ({ event, id }) => emit(event, id),
    onId: (id) => isCut || onId?.(id),
    onRetry,
  });

  const checkRoom = (bound: number, countLine: () => number): void => {
    if (blockBound + bound <= maxEventBytes) return;
    if (!isExact) {
      // The line feeds between data lines are no part of any line.
      const joints = Math.max(0, dataLines - 1);
      blockBound = otherBytes + utf8Length(data) + moreData.countBytes() - joints;
      isExact = true;
    }
    const received = blockBound + countLine();
    if (received <= maxEventBytes) return;
    const message = `An event has more than ${maxEventBytes} bytes: ${received} came already.`;
    fail(new SseError('event-too-large', message, { limit: maxEventBytes, received }));
  };

  return {
    get pending() {
      return pending;
    },
    dataLine(text, start, end, bound) {
      const countLine = (): number => utf8Length(text.slice(start, end));
      checkRoom(bound, countLine);
      blockBound += isExact ? countLine() : bound;
      const valueStart = Math.min(end, start + (text.charCodeAt(start + 5) === space ? 6 : 5));
      const value = text.slice(valueStart, end);
      otherBytes += valueStart - start;
      dataLines += 1;
      pending = true;
      if (dataLines === 1) data = value;
      // Joining makes a copy: a slice would hold on to the whole chunk that a short line came in.
      else moreData.append(['\n', value].join(''));
    },
    fieldLine(line) {
      const bytes = utf8Length(line);
      checkRoom(bytes, () => bytes);
      otherBytes += bytes;
      blockBound += bytes;
      hasOtherFields = true;
      pending ||= !line.startsWith('retry');
      fields.feed(`${line}\n`);
    },
    checkRoom,
    close(unterminated) {
      isCut = unterminated;
      pending = false;
      if (dataLines > 1) data += moreData.take();
      if (hasOtherFields) fields.feed(dataLines > 0 ? 'data:\n\n' : '\n');
      else if (dataLines > 0) emit();
      data = '';
      dataLines = otherBytes = blockBound = 0;
      hasOtherFields = isExact = false;
    },
  };
};
