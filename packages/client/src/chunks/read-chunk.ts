import { chunkProblem } from './chunk-guard.ts';
import { GeminiError } from '../errors/errors.ts';
import { googleRpcError } from '../errors/google-rpc-error.ts';
import { createInteractionCalls, type InteractionCalls } from './interaction-calls.ts';
import { interactionChunk, isInteractionEvent } from './interaction-chunk.ts';
import type { GenerateContentResponse } from '../wire.ts';

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
  const error = googleRpcError(payload, context);
  if (error !== undefined) throw error;
  const problem = chunkProblem(payload);
  if (problem !== undefined) throw new GeminiError('invalid-chunk', `event ${context.index}: ${problem}`);
  const chunk = payload as GenerateContentResponse;
  return isInteractionEvent(chunk) ? readInteraction(chunk, context) : chunk;
}

function readInteraction(event: object, context: PayloadContext): GenerateContentResponse {
  context.calls ??= createInteractionCalls(context.maxResponseBytes);
  try {
    return interactionChunk(event, context.calls);
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
