import { GeminiError } from '../errors.ts';
import { googleRpcError } from './google-error.ts';
import { chunkProblem, isNestedDeeper } from './guard.ts';
import { type InteractionCalls, createInteractionCalls, interactionChunk, isInteractionEvent } from './interactions.ts';
import type { GenerateContentResponse } from './types.ts';

/** What surrounds the payloads of one response: one object for all of them. */
export interface PayloadContext {
  /** The event's place in the response, from 0. */
  index: number;
  /** Blotted out of what the server says. */
  apiKey: string | undefined;
  /** The most that may wait for an end, in characters. */
  readonly maxResponseBytes: number;
  /** There from the first event of the Interactions API on. */
  calls?: InteractionCalls;
}

/** How deep lists and objects may lie in each other: past this, functions that visit them run out of stack. */
const maxLevels = 500;

/**
 * Reads the payload of one event. `undefined` for what gateways add and nobody needs: an empty event, `[DONE]`.
 * @throws GeminiError `api-error` for an error that was sent as an event, `invalid-chunk` for anything unreadable
 */
export function readChunk(data: string, context: PayloadContext): GenerateContentResponse | undefined {
  if (data === '' || data === '[DONE]') return undefined;
  let payload: unknown;
  try {
    payload = JSON.parse(data);
  } catch (cause) {
    throw invalidJson(`event ${context.index} (${data.length} characters) is not valid JSON`, cause);
  }
  // Each level takes two characters at least: the usual payload is too short to be looked through.
  if (data.length > 2 * maxLevels && isNestedDeeper(payload, maxLevels)) {
    throw new GeminiError('invalid-chunk', `event ${context.index} is nested deeper than ${maxLevels} levels`);
  }
  const error = googleRpcError(payload, context);
  if (error !== undefined) throw error;
  const problem = chunkProblem(payload);
  if (problem !== undefined) throw new GeminiError('invalid-chunk', `event ${context.index}: ${problem}`);
  const chunk = payload as GenerateContentResponse;
  return isInteractionEvent(chunk) ? readInteraction(chunk, data.length, context) : chunk;
}

function readInteraction(event: object, length: number, context: PayloadContext): GenerateContentResponse {
  context.calls ??= createInteractionCalls(context.maxResponseBytes, maxLevels);
  try {
    return interactionChunk(event, length, context.calls);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalidJson(`event ${context.index}: the arguments of the call it ends are no JSON object`, cause);
  }
}

function invalidJson(message: string, cause: unknown): GeminiError {
  return new GeminiError('invalid-chunk', message, { cause: new SyntaxError(positionOf(cause)) });
}

// V8's message quotes the text around the fault, which is somebody's answer: only the place is kept.
function positionOf(cause: unknown): string {
  const position = cause instanceof Error ? /position \d+/.exec(cause.message)?.[0] : undefined;
  return position === undefined ? 'unexpected end of JSON' : `unexpected token at ${position}`;
}
