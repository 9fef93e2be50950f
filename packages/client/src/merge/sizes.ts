import type { StoredStreamEvent } from '../types.ts';
import type { GenerateContentResponse } from '../wire/types.ts';

/** What any value weighs beside its text: a field of an object or an item of a list takes about two words. */
const valueLength = 8;

/**
 * Returns about how much a JSON value holds, in characters: its strings, the names of its fields, and 8 for each value.
 * No part of it is free, and each value is visited once.
 */
export function jsonLength(value: unknown): number {
  let length = leafLength(value);
  if (!isContainer(value)) return length;
  const open: object[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (Array.isArray(next)) {
      for (const item of next) {
        length += leafLength(item);
        if (isContainer(item)) open.push(item);
      }
      continue;
    }
    const fields = next as Record<string, unknown>;
    for (const name in fields) {
      const field = fields[name];
      length += name.length + leafLength(field);
      if (isContainer(field)) open.push(field);
    }
  }
  return length;
}

function leafLength(value: unknown): number {
  return typeof value === 'string' ? valueLength + value.length : valueLength;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** What an event takes beside its content, in bytes: the object itself, and its place in the log. */
const overheadBytes = 100;
/** A delta of arguments has a property that is not enumerable, and with it a table of its own. */
const deltaOverheadBytes = 400;

const payloadLengths = new WeakMap<GenerateContentResponse, number>();

/** Notes how long the payload was that a chunk was read from: weighing the chunk would cost as much as reading it. */
export function notePayloadLength(chunk: GenerateContentResponse, length: number): void {
  payloadLengths.set(chunk, length);
}

/**
 * Returns about how much memory an event takes in the log, in bytes. A character costs two at the most, and no field
 * that came over the wire is free.
 */
export function eventSize(event: StoredStreamEvent): number {
  switch (event.type) {
    case 'text-delta':
    case 'thought-delta':
      return overheadBytes + 2 * event.text.length;
    case 'chunk':
      return overheadBytes + 2 * (payloadLengths.get(event.chunk) ?? jsonLength(event.chunk));
    case 'function-call-delta':
      // Its name and its arguments are those of the call, which the call's own events weigh.
      return deltaOverheadBytes + 2 * (event.path.length + jsonLength(event.value));
    case 'start':
    case 'retry':
    case 'resume':
    case 'round':
      return overheadBytes;
    default:
      return overheadBytes + 2 * jsonLength(event);
  }
}
