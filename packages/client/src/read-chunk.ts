import { chunkProblem } from './chunk-guard.ts';
import { GeminiError } from './errors.ts';
import { googleRpcError } from './google-rpc-error.ts';
import { interactionChunk } from './interaction-chunk.ts';
import type { GenerateContentResponse } from './wire.ts';

/** What surrounds a payload. */
export interface PayloadContext {
  /** The event's place in the stream, from 0. */
  readonly index: number;
  readonly apiKey: string | undefined;
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
    const size = `${data.length} characters`;
    throw new GeminiError('invalid-chunk', `event ${context.index} (${size}) is not valid JSON`, {
      cause: new SyntaxError(positionOf(cause)),
    });
  }
  const error = googleRpcError(payload, { apiKey: context.apiKey });
  if (error !== undefined) throw error;
  const problem = chunkProblem(payload);
  if (problem !== undefined) throw new GeminiError('invalid-chunk', `event ${context.index}: ${problem}`);
  const chunk = payload as GenerateContentResponse;
  return interactionChunk(chunk) ?? chunk;
}

// V8's message quotes the text around the fault, which is somebody's answer: only the place is kept.
function positionOf(cause: unknown): string {
  const position = cause instanceof Error ? /position \d+/.exec(cause.message)?.[0] : undefined;
  return position === undefined ? 'unexpected end of JSON' : `unexpected token at ${position}`;
}
