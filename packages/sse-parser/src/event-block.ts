import { createParser, type EventSourceParser } from 'eventsource-parser';
import { SseError } from './errors.ts';
import type { ResolvedOptions } from './options.ts';
import { createTextBuffer, type TextBuffer, utf8Length } from './text-buffer.ts';

/** The lines between two blank lines, and the event that they make. */
export interface EventBlock {
  /** Takes the whole data line `text.slice(start, end)`, which has at most `bound` bytes. */
  dataLine(text: string, start: number, end: number, bound: number): void;
  /** Takes a whole event, id or retry line. */
  fieldLine(line: string): void;
  /**
   * Fails when a line that has at most `bound` bytes by now makes the block too large. Only when that could be, the
   * bytes of the line are counted: most events are never near the limit.
   */
  checkRoom(bound: number, line: string | TextBuffer): void;
  /** Makes an event of the block, if it has data. Where the blank line never came, an id does not count: it may be cut. */
  close(unterminated?: true): void;
  /** Forgets the block. */
  clear(): void;
}

/**
 * Data is collected here: nearly every block is one data line, which needs no more than a slice, and a million short
 * ones must not cost a rope node each. The other fields go to eventsource-parser, and where a block has some, an empty
 * data line in place of the data.
 */
export const createEventBlock = (
  { onEvent, onId, onRetry, maxEventBytes }: ResolvedOptions,
  state: ParserState,
): EventBlock => {
  // Made for the first line that needs them: most streams have one data line an event and nothing else.
  let moreData: TextBuffer | undefined;
  let fields: EventSourceParser | undefined;
  let data = '';
  let hasData = false;
  /** The bytes of the block that are not data: field names, and the whole of other lines. */
  let otherBytes = 0;
  /** At least as many bytes as the block has; exactly as many as soon as that has mattered once. */
  let blockBound = 0;
  let isExact = false;
  let hasOtherFields = false;
  let isCut: true | undefined;

  const emit = (event?: string, id?: string): void => {
    onEvent(isCut ? { data, event, id, unterminated: isCut } : { data, event, id });
  };

  const clear = (): void => {
    data = '';
    otherBytes = blockBound = 0;
    hasData = hasOtherFields = isExact = false;
  };

  const checkRoom = (bound: number, line: string | TextBuffer): void => {
    if (blockBound + bound <= maxEventBytes) return;
    if (!isExact) {
      blockBound = otherBytes + utf8Length(data) + (moreData?.countBytes() ?? 0);
      isExact = true;
    }
    const received = blockBound + (typeof line === 'string' ? utf8Length(line) : line.countBytes());
    if (received <= maxEventBytes) return;
    const message = `An event has more than ${maxEventBytes} bytes: ${received} came already.`;
    throw (state.error = new SseError('event-too-large', message, { limit: maxEventBytes, received }));
  };

  return {
    dataLine(text, start, end, bound) {
      if (blockBound + bound > maxEventBytes) checkRoom(bound, text.slice(start, end));
      blockBound += isExact ? utf8Length(text.slice(start, end)) : bound;
      const valueStart = Math.min(end, start + (text[start + 5] === ' ' ? 6 : 5));
      const value = text.slice(valueStart, end);
      otherBytes += valueStart - start;
      if (hasData) {
        // Joining makes a copy: a slice would hold on to the whole chunk that a short line came in.
        (moreData ??= createTextBuffer()).append(['\n', value].join(''));
        // The line feed between data lines is no part of any line.
        otherBytes -= 1;
      } else data = value;
      hasData = true;
    },
    fieldLine(line) {
      const bytes = utf8Length(line);
      checkRoom(bytes, line);
      otherBytes += bytes;
      blockBound += bytes;
      hasOtherFields = true;
      fields ??= createParser({
        onEvent: ({ event, id }) => emit(event, id),
        onId: (id) => {
          if (isCut) return;
          state.id = id;
          onId?.(id);
        },
        onRetry,
      });
      fields.feed(`${line}\n`);
    },
    checkRoom,
    close(unterminated) {
      isCut = unterminated;
      if (moreData) data += moreData.text();
      moreData = undefined;
      if (hasOtherFields) fields?.feed(hasData ? 'data:\n\n' : '\n');
      else if (hasData) emit();
      clear();
    },
    clear() {
      clear();
      moreData = undefined;
      fields?.reset();
    },
  };
};

/** What the parts of a parser tell it. */
export interface ParserState {
  /** The last event id. */
  id: string;
  /** What every call but `reset` throws from now on. */
  error: SseError | undefined;
}
