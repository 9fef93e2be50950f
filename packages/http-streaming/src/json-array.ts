import type { SseEvent } from '@gemini/sse-parser';
import { maxForeignLength } from './content-decoder.ts';

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

const isOpening = (code: number): boolean => code === 0x7b || code === 0x5b;
const isClosing = (code: number): boolean => code === 0x7d || code === 0x5d;

/**
 * Reads a JSON array as a stream of its elements: the form in which Gemini streams without `alt=sse`. Each element is
 * the data of an event, given out when its last character is there; each character is looked at once, so a long element
 * costs linear time. A single object is read as an array of one. Any other body is kept as `foreignText`, its beginning at
 * least.
 */
export class JsonArrayReader {
  readonly #maxElementBytes: number;
  readonly #onEvent: (event: SseEvent) => void;
  readonly #decoder = new TextDecoder();
  #foreignText: string | undefined;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  #isOpened = false;
  #isClosed = false;
  /** A comma came after the last element: another one was promised. */
  #isPromised = false;
  #held: string[] = [];
  #heldBytes = 0;

  constructor(maxElementBytes: number, onEvent: (event: SseEvent) => void) {
    this.#maxElementBytes = maxElementBytes;
    this.#onEvent = onEvent;
  }

  /** Whether a part of an element is held. */
  get pending(): boolean {
    return this.#heldBytes > 0;
  }

  /** The beginning of a body that is no array; `undefined` while it may be one. */
  get foreignText(): string | undefined {
    return this.#foreignText;
  }

  /** @throws RangeError if an element has more than `maxElementBytes` UTF-8 bytes */
  push(chunk: Uint8Array): void {
    this.#read(this.#decoder.decode(chunk, { stream: true }));
  }

  /** Gives out an element that the end of the body cut, marked; returns whether anything was missing. */
  end(): { readonly pending: boolean } {
    this.#read(this.#decoder.decode());
    const rest = this.#held.join('').trim();
    if (rest !== '') this.#onEvent({ data: rest, unterminated: true });
    return { pending: rest !== '' || this.#isPromised };
  }

  #read(text: string): void {
    if (this.#foreignText !== undefined) {
      this.#foreignText = (this.#foreignText + text).slice(0, maxForeignLength);
      return;
    }
    if (this.#isClosed) return;
    let start = 0;
    if (!this.#isOpened) {
      start = text.search(/\S/);
      if (start === -1) return;
      // A whole answer may be one object: it is the only element.
      const isObject = text[start] === '{';
      if (!isObject && text[start] !== '[') {
        this.#foreignText = text.slice(start, start + maxForeignLength);
        return;
      }
      this.#isOpened = true;
      this.#depth = 1;
      if (!isObject) start += 1;
    }
    this.#split(text, start);
  }

  #split(text: string, from: number): void {
    let start = from;
    for (let index = from; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (code === backslash) this.#isEscaped = true;
        else if (code === quote) this.#isInString = false;
      } else if (code === quote) this.#isInString = true;
      else if (isOpening(code)) this.#depth += 1;
      else if (isClosing(code)) {
        this.#depth -= 1;
        if (this.#depth > 1) continue;
        // The element's own last character, or the array's.
        this.#hold(text.slice(start, this.#depth === 1 ? index + 1 : index));
        this.#deliver();
        start = index + 1;
        if (this.#depth === 0) this.#isClosed = true;
        if (this.#isClosed) return;
      } else if (code === comma && this.#depth === 1) {
        this.#hold(text.slice(start, index));
        start = index + 1;
        this.#deliver();
        this.#isPromised = true;
      }
    }
    if (start < text.length) this.#hold(text.slice(start));
  }

  #hold(piece: string): void {
    if (this.#heldBytes === 0 && piece.trim() === '') return;
    this.#isPromised = false;
    this.#heldBytes += Buffer.byteLength(piece);
    if (this.#heldBytes > this.#maxElementBytes) {
      const received = `${this.#heldBytes} came already`;
      throw new RangeError(`a JSON array element has more than ${this.#maxElementBytes} bytes: ${received}`);
    }
    this.#held.push(piece);
  }

  #deliver(): void {
    const data = this.#held.join('').trim();
    this.#held = [];
    this.#heldBytes = 0;
    if (data !== '') this.#onEvent({ data });
  }
}
