import type { StoredStreamEvent } from '../types.ts';

/** The length of any value beside its text: a field of an object or an item of a list takes about two words. */
const valueLength = 8;

/**
 * Returns the approximate length of a JSON value, in characters: its strings, the names of its fields, and 8 for each
 * value. Each value is visited once.
 */
export function jsonLength(value: unknown): number {
  let length = leafLength(value);
  if (!isContainer(value)) return length;
  const open: object[] = [];
  for (let container: object | undefined = value; container !== undefined; container = open.pop()) {
    if (Array.isArray(container)) {
      for (const item of container) {
        length += leafLength(item);
        if (isContainer(item)) open.push(item);
      }
      continue;
    }
    const fields = container as Record<string, unknown>;
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

/** The bytes of an event beside its content: the object itself, and its place in the log. */
const overheadBytes = 100;
/** A delta of arguments has a property that is not enumerable, and with it a table of its own. */
const deltaOverheadBytes = 400;

const payloadLengths = new WeakMap<object, number>();

/** Notes the payload length of a chunk: measuring the chunk would cost as much as reading it. */
export function notePayloadLength(chunk: object, length: number): void {
  payloadLengths.set(chunk, length);
}

/**
 * Returns the approximate memory of an event in the log, in bytes: two for each character, and every field of the wire
 * counts.
 */
export function eventSize(event: StoredStreamEvent): number {
  switch (event.type) {
    case 'text-delta':
    case 'thought-delta':
      return overheadBytes + 2 * (event.text.length + (event.thoughtSignature?.length ?? 0));
    case 'chunk':
      return overheadBytes + 2 * (payloadLengths.get(event.chunk) ?? jsonLength(event.chunk));
    case 'function-call-delta':
      // Its name and arguments are shared with the call, whose own events count them.
      return deltaOverheadBytes + 2 * (event.path.length + jsonLength(event.value));
    case 'usage':
      return overheadBytes + 2 * jsonLength(event.usage);
    case 'start':
    case 'retry':
    case 'fallback':
    case 'resume':
    case 'round':
      return overheadBytes;
    default:
      return overheadBytes + 2 * jsonLength(event);
  }
}
