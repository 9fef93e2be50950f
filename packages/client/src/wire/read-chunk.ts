import { GeminiError } from '../errors.ts';
import { eventError, googleRpcError } from './google-error.ts';
import { chunkProblem, isNestedDeeper, maxLevels } from './guard.ts';
import { InteractionCalls, interactionChunk, isInteractionEvent } from './interactions.ts';
import type { GenerateContentResponse } from './types.ts';

/** The state of one response, shared by all its payloads. */
export interface PayloadContext {
  /** The place of the event in the response, from 0. */
  index: number;
  /** Redacted in the errors that the server sends. */
  apiKey: string | undefined;
  /** The limit of unfinished calls, in characters. */
  readonly maxResponseBytes: number;
  /** Events of the Interactions API that this version does not know. */
  unknownEvents: number;
  /** Made with the first event of the Interactions API. */
  calls?: InteractionCalls;
}

/**
 * Reads the payload of one event. Returns `undefined` for events without content: an empty one, `[DONE]`, a keep-alive.
 * @throws GeminiError `api-error` for an error that was sent as an event, `invalid-chunk` for anything unreadable
 */
export function readChunk(data: string, context: PayloadContext, event?: string): GenerateContentResponse | undefined {
  if (data === '' || isDone(data)) return undefined;
  if (event === 'error') throw eventError(data, context);
  let payload: unknown;
  try {
    payload = JSON.parse(data);
  } catch (cause) {
    // An event with a name of its own, such as `ping`, is not a chunk.
    if (event !== undefined && event !== 'message' && !/^\s*[[{"]/.test(data)) return undefined;
    throw invalidJson(`event ${context.index} (${data.length} characters) is not valid JSON`, cause);
  }
  // Each level takes at least two characters: chunks of text are too short to need a look.
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

/** Whether an event is the sentinel that some servers send at the end. */
function isDone(data: string): boolean {
  return data.length < 16 && data.trim().toUpperCase() === '[DONE]';
}

function readInteraction(event: object, length: number, context: PayloadContext): GenerateContentResponse {
  context.calls ??= new InteractionCalls(context.maxResponseBytes);
  try {
    const chunk = interactionChunk(event, length, context.calls);
    if (chunk === undefined) context.unknownEvents += 1;
    return chunk ?? {};
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw invalidJson(`event ${context.index}: the arguments of the call are not a JSON object`, cause);
  }
}

function invalidJson(message: string, cause: unknown): GeminiError {
  return new GeminiError('invalid-chunk', message, { cause: new SyntaxError(positionOf(cause)) });
}

// V8's message quotes the text around the fault, which is part of an answer: only the position is kept.
function positionOf(cause: unknown): string {
  const position = cause instanceof Error ? /position \d+/.exec(cause.message)?.[0] : undefined;
  return position === undefined ? 'unexpected end of JSON' : `unexpected token at ${position}`;
}
