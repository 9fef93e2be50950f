import type { GenerateContentRequest } from './wire.ts';

/** What can be streamed: a prompt, or a whole request. */
export type StreamInput = string | GenerateContentRequest;

/**
 * The request body for an input.
 * @throws TypeError for an empty prompt, and for an object without `contents`
 */
export function normaliseRequest(input: StreamInput): GenerateContentRequest {
  if (typeof input === 'string') {
    if (input === '') throw new TypeError('prompt: expected text, got an empty string');
    return { contents: [{ role: 'user', parts: [{ text: input }] }] };
  }
  if (typeof input !== 'object' || input === null) {
    throw new TypeError(`expected a prompt or a request, got ${input === null ? 'null' : typeof input}`);
  }
  if (!Array.isArray(input.contents)) {
    throw new TypeError(`contents: expected an array of contents, got ${typeof input.contents}`);
  }
  return input;
}
