import { jsonLength } from '../merge/json-length.ts';
import type { StoredStreamEvent } from './events.ts';
import type { GenerateContentResponse } from '../wire.ts';

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
