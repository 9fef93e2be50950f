import { StreamFollowError } from './errors.ts';
import type { ServedFrame } from './types.ts';

/** The calls from a parser. */
export interface FrameObserver {
  /** A frame with data; `id` is set if it has one of its own. */
  onFrame(frame: ServedFrame): void;
  /** A frame has an id. Called before its `onFrame`, and for a frame without data too. */
  onId(id: string): void;
  onRetry(delayMs: number): void;
}

/** A line of the longest kind: a field and its value, without the space after the colon. */
const linePattern = /^(data|event|id|retry)(?:: ?(.*))?$/s;
const lineEnds = /\r\n?|\n/g;

/**
 * Parses server-sent events, as the HTML standard says, in little code: pages load it. `@gemini/sse-parser` is what servers
 * use; a test compares both.
 */
export class FrameParser {
  readonly #observer: FrameObserver;
  readonly #maxEventLength: number;
  // Node's own removal of a byte order mark takes two if the first is cut.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #hasBegun = false;
  /** The pieces of a line whose end has not come. */
  #line: string[] = [];
  #data: string[] = [];
  #event = '';
  #id: string | undefined;
  #dataLength = 0;
  /** The length of the present event so far, and of the present line. */
  #length = 0;
  #isAfterCr = false;

  /** `maxEventLength` is in UTF-16 units. */
  constructor(observer: FrameObserver, maxEventLength: number) {
    this.#observer = observer;
    this.#maxEventLength = maxEventLength;
  }

  /** @throws StreamFollowError `event-too-large` */
  push(chunk: Uint8Array): void {
    const text = this.#decoder.decode(chunk, { stream: true });
    if (text === '') return;
    // A mark before the first line, or the second half of a line end that two chunks share.
    const skipped = this.#hasBegun ? (this.#isAfterCr ? '\n' : undefined) : '\uFEFF';
    let start = skipped !== undefined && text.startsWith(skipped) ? 1 : 0;
    this.#hasBegun = true;
    this.#isAfterCr = text.endsWith('\r');
    lineEnds.lastIndex = start;
    for (let end = lineEnds.exec(text); end !== null; end = lineEnds.exec(text)) {
      this.#grow(text.slice(start, end.index));
      start = lineEnds.lastIndex;
      const line = this.#line.join('');
      this.#line = [];
      this.#read(line);
      // An observer may parse too.
      lineEnds.lastIndex = start;
    }
    this.#grow(text.slice(start));
  }

  #grow(piece: string): void {
    if (piece === '') return;
    this.#line.push(piece);
    this.#length += piece.length;
    const limit = this.#maxEventLength;
    if (this.#length > limit) throw new StreamFollowError('event-too-large', 'an event is too large', { limit });
  }

  #read(line: string): void {
    if (line === '') return this.#dispatch();
    const [, field, value = ''] = linePattern.exec(line) ?? [];
    if (field === 'data') {
      this.#data.push(value);
      // With the line feed between two of them.
      this.#dataLength += value.length + 1;
    }
    // Of the other fields no more than one line is held.
    this.#length = this.#dataLength;
    if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.#observer.onRetry(Number(value));
  }

  #dispatch(): void {
    const [data, event, id] = [this.#data, this.#event, this.#id];
    this.#data = [];
    this.#event = '';
    this.#id = undefined;
    this.#dataLength = 0;
    this.#length = 0;
    if (id !== undefined) this.#observer.onId(id);
    if (data.length > 0) this.#observer.onFrame({ data: data.join('\n'), event: event || undefined, id });
  }
}
