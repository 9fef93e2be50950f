import { createParser, type EventSourceParser } from 'eventsource-parser';
import { SseError } from './errors.ts';
import type { ResolvedOptions } from './options.ts';
import { TextBuffer, utf8Length } from './text-buffer.ts';

/** The results of a parser's parts that outlive them. */
export interface ParserState {
  lastEventId: string;
  /** The error that every call except `reset` throws from now on. */
  error: SseError | undefined;
}

/**
 * The lines between two blank lines, and the event that they make. Data is collected here: nearly every block is one
 * data line, which needs only a slice, and a million short ones must not cost a rope node each. The other fields go to
 * eventsource-parser and, if a block has some, an empty data line in place of the data.
 */
export class EventBlock {
  readonly #options: ResolvedOptions;
  readonly #state: ParserState;
  // Created for the first line that needs them: most streams have one data line an event and nothing else.
  #moreData: TextBuffer | undefined;
  #fields: EventSourceParser | undefined;
  #data = '';
  #hasData = false;
  /** The bytes of the block that are not data: field names, and the whole of other lines. */
  #otherBytes = 0;
  /** Upper bound of the block's bytes; exact from the first time the bound reaches the limit. */
  #bound = 0;
  #isExact = false;
  #hasOtherFields = false;
  #isUnterminated: true | undefined;

  constructor(options: ResolvedOptions, state: ParserState) {
    this.#options = options;
    this.#state = state;
  }

  /** Adds the whole data line `text.slice(start, end)`, which has at most `bound` bytes. */
  addData(text: string, start: number, end: number, bound: number): void {
    if (this.#bound + bound > this.#options.maxEventBytes) this.checkRoom(bound, text.slice(start, end));
    this.#bound += this.#isExact ? utf8Length(text.slice(start, end)) : bound;
    const valueStart = Math.min(end, start + (text[start + 5] === ' ' ? 6 : 5));
    const value = text.slice(valueStart, end);
    this.#otherBytes += valueStart - start;
    if (this.#hasData) {
      // Joining makes a copy: a slice would hold on to the whole chunk that a short line came in.
      (this.#moreData ??= new TextBuffer()).append(['\n', value].join(''));
      // The line feed between data lines belongs to neither line.
      this.#otherBytes -= 1;
    } else this.#data = value;
    this.#hasData = true;
  }

  /** Adds a whole event, id or retry line. */
  addField(line: string): void {
    const bytes = utf8Length(line);
    this.checkRoom(bytes, line);
    this.#otherBytes += bytes;
    this.#bound += bytes;
    this.#hasOtherFields = true;
    this.#fields ??= this.#createFieldParser();
    this.#fields.feed(`${line}\n`);
  }

  /**
   * Throws `event-too-large` if a line that has at most `bound` bytes by now makes the block too large. The bytes of
   * the line are counted only if it could be: most events are never near the limit.
   */
  checkRoom(bound: number, line: string | TextBuffer): void {
    const { maxEventBytes } = this.#options;
    if (this.#bound + bound <= maxEventBytes) return;
    if (!this.#isExact) {
      this.#bound = this.#otherBytes + utf8Length(this.#data) + (this.#moreData?.countBytes() ?? 0);
      this.#isExact = true;
    }
    const received = this.#bound + (typeof line === 'string' ? utf8Length(line) : line.countBytes());
    if (received <= maxEventBytes) return;
    const message = `An event has more than ${maxEventBytes} bytes: ${received} came already.`;
    throw (this.#state.error = new SseError('event-too-large', message, { limit: maxEventBytes, received }));
  }

  /** Makes an event of the block, if it has data. Without its blank line, an id does not count: it may be cut. */
  close(isUnterminated?: true): void {
    this.#isUnterminated = isUnterminated;
    if (this.#moreData) this.#data += this.#moreData.text();
    this.#moreData = undefined;
    if (this.#hasOtherFields) this.#fields?.feed(this.#hasData ? 'data:\n\n' : '\n');
    else if (this.#hasData) this.#emit();
    this.#begin();
  }

  /** Forgets the block. */
  clear(): void {
    this.#begin();
    this.#moreData = undefined;
    this.#fields?.reset();
  }

  #begin(): void {
    this.#data = '';
    this.#otherBytes = this.#bound = 0;
    this.#hasData = this.#hasOtherFields = this.#isExact = false;
  }

  #emit(event?: string, id?: string): void {
    const data = this.#data;
    const unterminated = this.#isUnterminated;
    this.#options.onEvent(unterminated ? { data, event, id, unterminated } : { data, event, id });
  }

  #createFieldParser(): EventSourceParser {
    const { onId, onRetry } = this.#options;
    return createParser({
      onEvent: ({ event, id }) => this.#emit(event, id),
      onId: (id) => {
        if (this.#isUnterminated) return;
        this.#state.lastEventId = id;
        onId?.(id);
      },
      onRetry,
    });
  }
}
