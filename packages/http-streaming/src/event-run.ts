import type { SseEvent } from '@gemini/sse-parser';

/**
 * Events that came in one read and stand next to each other, each of them one `data:` line with a JSON object, and a name at
 * the most. They were not parsed.
 */
export class EventRun {
  /** The events as they came. A view of the read: copy what has to last. */
  readonly bytes: Uint8Array;
  /** The index at which each event begins, and that at which the last one ends. */
  readonly bounds: readonly number[];
  /** Whether an event has a name. */
  readonly isNamed: boolean;
  #binaryText: string | undefined;

  constructor(bytes: Uint8Array, { bounds, isNamed }: FoundRun) {
    this.bytes = bytes;
    this.bounds = bounds;
    this.isNamed = isNamed;
  }

  get eventsCount(): number {
    return this.bounds.length - 1;
  }

  /** One character a byte: good for a search of ASCII text. Made when it is asked for; {@link includes} costs less. */
  get binaryText(): string {
    return (this.#binaryText ??= bufferOf(this.bytes).toString('latin1'));
  }

  /** Whether the bytes contain an ASCII text. */
  includes(text: string): boolean {
    return bufferOf(this.bytes).includes(text, 0, 'latin1');
  }

  /** Parses the event of an index. */
  eventAt(index: number): SseEvent {
    const { bytes, bounds } = this;
    const start = bounds[index] ?? 0;
    const end = bounds[index + 1] ?? start;
    const nameEnd = bytes[start] === firstOfName ? bytes.indexOf(lineFeed, start) : undefined;
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

const dataField = Buffer.from('data:');
const nameField = Buffer.from('event:');
const firstOfName = 0x65;

/** Returns the value of the line that begins at `start`; the line ends and blank line before `end` are no part of it. */
function valueOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let last = end;
  while (last > start && (bytes[last - 1] === lineFeed || bytes[last - 1] === carriageReturn)) last -= 1;
  const from = bytes.indexOf(colon, start) + 1;
  return bytes.subarray(bytes[from] === space && from < last ? from + 1 : from, last);
}

/** A run in bytes: where each event begins and the last one ends, counted from the beginning of the run. */
export interface FoundRun {
  readonly bounds: readonly number[];
  readonly isNamed: boolean;
}

/**
 * Bytes that are read from their beginning to their end, in runs and in blocks of lines that are no run. Each byte is
 * searched a constant number of times, however many blocks there are.
 */
export class EventBytes {
  readonly bytes: Buffer;
  /** The index of what has not been taken: the beginning of a line. */
  start = 0;
  /** The index of the next carriage return from {@link start} on; `-1` without one. */
  #nextReturn: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bufferOf(bytes);
    this.#nextReturn = this.bytes.indexOf(carriageReturn);
  }

  /** Takes and returns everything up to an index. */
  takeTo(end: number): Uint8Array {
    const { bytes, start } = this;
    this.start = end;
    this.#nextReturn = this.#returnFrom(this.#nextReturn, end);
    return end - start === bytes.length ? bytes : bytes.subarray(start, end);
  }

  /**
   * Finds the longest run that begins at `start`. Returns `undefined` if the first event is not complete, or has any other
   * form.
   */
  findRun(maxEventBytes: number): FoundRun | undefined {
    const { bytes, start: runStart } = this;
    const bounds = [0];
    let isNamed = false;
    let start = runStart;
    let nextReturn = this.#nextReturn;
    for (;;) {
      const line = this.#dataLineFrom(start, nextReturn);
      if (line === -1) break;
      const feed = bytes.indexOf(lineFeed, line);
      if (feed === -1) break;
      const end = bytes[feed - 1] === carriageReturn ? feed - 1 : feed;
      const valueStart = line + (bytes[line + 5] === space ? 6 : 5);
      if (bytes[valueStart] !== openingBrace || bytes[end - 1] !== closingBrace) break;
      nextReturn = this.#returnFrom(nextReturn, line);
      // A carriage return without a line feed ends a line too.
      if (nextReturn !== -1 && nextReturn < end) break;
      const next = skipLineEnd(bytes, feed + 1);
      if (next === feed + 1 || feed - start > maxEventBytes) break;
      if (line > start) isNamed = true;
      start = next;
      bounds.push(start - runStart);
      nextReturn = this.#returnFrom(nextReturn, start);
    }
    return bounds.length === 1 ? undefined : { bounds, isNamed };
  }

  /** Whether what begins at `start` may become the event of a run: its `data:` line has not ended. */
  isOpenEvent(): boolean {
    const line = this.#dataLineFrom(this.start, this.#nextReturn);
    if (line === -1 || this.bytes.indexOf(lineFeed, line) !== -1) return false;
    return this.#returnFrom(this.#nextReturn, line) === -1;
  }

  /** Returns where the first blank line ends, also one that `start` is at; `-1` without one. */
  findBlockEnd(): number {
    const { bytes, start } = this;
    let end = skipLineEnd(bytes, start);
    if (end > start) return end;
    for (let feed = bytes.indexOf(lineFeed, start); feed !== -1; feed = bytes.indexOf(lineFeed, feed + 1)) {
      end = skipLineEnd(bytes, feed + 1);
      if (end > feed + 1) return end;
    }
    return -1;
  }

  /** Returns where the `data:` line begins of an event that begins at `start`; `-1` for any other block. */
  #dataLineFrom(start: number, nextReturn: number): number {
    const { bytes } = this;
    let line = start;
    if (bytes[start] === firstOfName && startsWith(bytes, nameField, start)) {
      line = bytes.indexOf(lineFeed, start) + 1;
      if (line === 0 || (nextReturn !== -1 && nextReturn < line - 2)) return -1;
    }
    return startsWith(bytes, dataField, line) ? line : -1;
  }

  #returnFrom(known: number, index: number): number {
    return known !== -1 && known < index ? this.bytes.indexOf(carriageReturn, index) : known;
  }
}

/** Returns the same memory as a Buffer, whose searches are faster. */
function bufferOf(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function startsWith(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  for (let index = 0; index < wanted.length; index += 1) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

/** Returns the index after a line end, or the same index if there is none. */
function skipLineEnd(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === lineFeed) return at + 1;
  return byte === carriageReturn && bytes[at + 1] === lineFeed ? at + 2 : at;
}
