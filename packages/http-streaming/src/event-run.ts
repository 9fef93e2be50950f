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

/** A beginning of a text that is a run: where each event begins and the last one ends. */
export interface FoundRun {
  readonly bounds: readonly number[];
  readonly isNamed: boolean;
}

/**
 * Finds the longest run with which a text begins, which is the beginning of a line. Returns `undefined` if the first event
 * is not complete, or has any other form. Pure.
 */
export function findEventRun(text: string, maxEventBytes: number): FoundRun | undefined {
  const bounds = [0];
  let isNamed = false;
  let start = 0;
  let nextReturn = text.indexOf('\r');
  for (;;) {
    let line = start;
    if (text.startsWith('event:', start)) {
      line = text.indexOf('\n', start) + 1;
      if (line === 0 || (nextReturn !== -1 && nextReturn < line - 2)) break;
      if (nextReturn !== -1 && nextReturn < line) nextReturn = text.indexOf('\r', line);
      isNamed = true;
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
    start = next;
    bounds.push(start);
    if (nextReturn !== -1 && nextReturn < start) nextReturn = text.indexOf('\r', start);
  }
  return bounds.length === 1 ? undefined : { bounds, isNamed };
}

/** Returns where the first blank line of a text ends, also one that the text begins with; `-1` without one. Pure. */
export function findBlockEnd(text: string): number {
  let end = skipLineEnd(text, 0);
  if (end > 0) return end;
  for (let feed = text.indexOf('\n'); feed !== -1; feed = text.indexOf('\n', feed + 1)) {
    end = skipLineEnd(text, feed + 1);
    if (end > feed + 1) return end;
  }
  return -1;
}

/** Returns the index behind a line end; the same index if there is none. */
function skipLineEnd(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === lineFeed) return at + 1;
  return code === carriageReturn && text.charCodeAt(at + 1) === lineFeed ? at + 2 : at;
}
