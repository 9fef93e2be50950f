import { approximateBytes } from '@gemini/stream-manager';
import type { StoredStreamEvent } from './events.ts';
import type { GenerateContentResponse } from '../wire.ts';

/** What an object takes beside its strings, in bytes. */
const overheadBytes = 100;

const payloadLengths = new WeakMap<GenerateContentResponse, number>();

/** Notes how long the payload was that a chunk was read from: weighing the chunk would cost as much as reading it. */
export function notePayloadLength(chunk: GenerateContentResponse, length: number): void {
  payloadLengths.set(chunk, length);
}

/** What an event takes in the log, roughly, in bytes. A string costs two bytes a character at the most. */
export function eventSize(event: StoredStreamEvent): number {
  switch (event.type) {
    case 'text-delta':
    case 'thought-delta':
      return overheadBytes + 2 * event.text.length;
    case 'chunk':
      return overheadBytes + 2 * (payloadLengths.get(event.chunk) ?? 0);
    case 'inline-data':
      return overheadBytes + 2 * event.data.length;
    case 'function-call-end':
    case 'tool-call':
    case 'tool-result':
    case 'executable-code':
    case 'code-result':
    case 'grounding':
      return approximateBytes(event);
    default:
      return overheadBytes;
  }
}
