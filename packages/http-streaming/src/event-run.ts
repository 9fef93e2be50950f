import type { SseEvent } from '@gemini/sse-parser';

/**
 * Events that came in one read and stand next to each other, each of them one `data:` line with a JSON object, and a name at
 * the most. They were not parsed.
 */
export class EventRun {
  /** The events as they came. A view of the read: copy what has to last. */
  readonly bytes: Uint8Array;
  /** One character a byte: good for a search of ASCII text. */
  readonly binaryText: string;
  /** The index at which each event begins, and that at which the last one ends. */
  readonly bounds: readonly number[];
  /** Whether an event has a name. */
  readonly isNamed: boolean;

  constructor(bytes: Uint8Array, binaryText: string, { bounds, isNamed }: FoundRun) {
    this.bytes = bytes;
    this.binaryText = binaryText;
    this.bounds = bounds;
    this.isNamed = isNamed;
  }

  get eventsCount(): number {
    return this.bounds.length - 1;
  }

  /** Parses the event of an index. */
  eventAt(index: number): SseEvent {
    const { bytes, binaryText, bounds } = this;
    const start = bounds[index] ?? 0;
    const end = bounds[index + 1] ?? start;
    const nameEnd = binaryText.startsWith('event:', start) ? binaryText.indexOf('\n', start) : undefined;
    const data = decoder.decode(valueOf(bytes, nameEnd === undefined ? start : nameEnd + 1, end));
    const name = nameEnd === undefined ? '' : decoder.decode(valueOf(bytes, start, nameEnd + 1));
    return { data, event: name === '' ? undefined : name };
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const colon = 0x3a;
const openingBrace = 0x7b;
const closingBrace = 0x7d;

/** Returns the value of the line that begins at `start`; the line ends and blank line before `end` are no part of it. */
function valueOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let last = end;
  while (last > start && (bytes[last - 1] === lineFeed || bytes[last - 1] === carriageReturn)) last -= 1;
  const from = bytes.indexOf(colon, start) + 1;
  return bytes.subarray(bytes[from] === space && from < last ? from + 1 : from, last);
}

/** A run in a text: where each event begins and the last one ends, counted from the beginning of the run. */
export interface FoundRun {
  readonly bounds: readonly number[];
  readonly isNamed: boolean;
}

/**
 * A text that is read from its beginning to its end, in runs and in blocks of lines that are no run. Each character is
 * searched a constant number of times, however many blocks there are.
 */
export class EventText {
  readonly text: string;
  /** The index of what has not been taken: the beginning of a line. */
  start = 0;
  /** The index of the next carriage return from {@link start} on; `-1` without one. */
  #nextReturn: number;

  constructor(text: string) {
    this.text = text;
    this.#nextReturn = text.indexOf('\r');
  }

  /** Takes everything up to an index. */
  takeTo(end: number): void {
    this.start = end;
    this.#nextReturn = this.#returnFrom(this.#nextReturn, end);
  }

  /**
   * Finds the longest run that begins at `start`. Returns `undefined` if the first event is not complete, or has any other
   * form.
   */
  findRun(maxEventBytes: number): FoundRun | undefined {
    const { text, start: runStart } = this;
    const bounds = [0];
    let isNamed = false;
    let start = runStart;
    let nextReturn = this.#nextReturn;
    for (;;) {
      let line = start;
      if (text.startsWith('event:', start)) {
        line = text.indexOf('\n', start) + 1;
        if (line === 0 || (nextReturn !== -1 && nextReturn < line - 2)) break;
        nextReturn = this.#returnFrom(nextReturn, line);
      }
      if (!text.startsWith('data:', line)) break;
      const feed = text.indexOf('\n', line);
      if (feed === -1) break;
      const end = text.charCodeAt(feed - 1) === carriageReturn ? feed - 1 : feed;
      const valueStart = line + (text.charCodeAt(line + 5) === space ? 6 : 5);
      if (text.charCodeAt(valueStart) !== openingBrace || text.charCodeAt(end - 1) !== closingBrace) break;
      // A carriage return without a line feed ends a line too.
      if (nextReturn !== -1 && nextReturn < end) break;
      const next = skipLineEnd(text, feed + 1);
      if (next === feed + 1 || feed - start > maxEventBytes) break;
      if (line > start) isNamed = true;
      start = next;
      bounds.push(start - runStart);
      nextReturn = this.#returnFrom(nextReturn, start);
    }
    return bounds.length === 1 ? undefined : { bounds, isNamed };
  }

  /** Returns where the first blank line ends, also one that `start` is at; `-1` without one. */
  findBlockEnd(): number {
    const { text, start } = this;
    let end = skipLineEnd(text, start);
    if (end > start) return end;
    for (let feed = text.indexOf('\n', start); feed !== -1; feed = text.indexOf('\n', feed + 1)) {
      end = skipLineEnd(text, feed + 1);
      if (end > feed + 1) return end;
    }
    return -1;
  }

  #returnFrom(known: number, index: number): number {
    return known !== -1 && known < index ? this.text.indexOf('\r', index) : known;
  }
}

/** Returns the index after a line end, or the same index if there is none. */
function skipLineEnd(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === lineFeed) return at + 1;
  return code === carriageReturn && text.charCodeAt(at + 1) === lineFeed ? at + 2 : at;
}
