import { GeminiError } from '../errors.ts';
import { eventError, googleRpcError } from './google-error.ts';
import { invalidJson } from './invalid-json.ts';
import { chunkProblem, isNestedDeeper, maxLevels } from './guard.ts';
import { InteractionEvents, isInteractionEvent } from './interactions.ts';
import type { GenerateContentResponse } from './types.ts';

/** Reads the payloads of one response: chunks, or events of the Interactions API from an endpoint that answers so. */
export class ChunkReader {
  /** Redacted in the errors that the server sends. */
  apiKey: string | undefined;
  /** Events of the Interactions API that this version does not know. */
  unknownEvents = 0;
  /** The last payload as it came. */
  raw: object | undefined;
  /** The place of the event in the response, from 0. */
  #index = 0;
  readonly #maxResponseBytes: number;
  // Made with the first event of the Interactions API.
  #events: InteractionEvents | undefined;

  /** The limit of unfinished calls, in characters. */
  constructor(maxResponseBytes: number) {
    this.#maxResponseBytes = maxResponseBytes;
  }

  /**
   * Reads the payload of one event. Returns `undefined` for events without content: an empty one, `[DONE]`, a keep-alive.
   * @throws GeminiError `api-error` for an error that was sent as an event, `invalid-chunk` for anything unreadable
   */
  read(data: string, event?: string): GenerateContentResponse | undefined {
    const index = this.#index;
    this.#index += 1;
    const payload = parsePayload(data, { index, apiKey: this.apiKey }, event);
    this.raw = payload;
    if (payload === undefined || !isInteractionEvent(payload)) return payload;
    this.#events ??= new InteractionEvents(this.#maxResponseBytes);
    const chunk = this.#events.chunk(payload, data.length, index);
    if (chunk === undefined) this.unknownEvents += 1;
    return chunk ?? {};
  }
}

/** The place of an event, and the key that its errors may repeat. */
interface PayloadPlace {
  readonly index: number;
  readonly apiKey: string | undefined;
}

/**
 * Parses and checks the payload of one event. Returns `undefined` for events without content.
 * @throws GeminiError `api-error` for an error that was sent as an event, `invalid-chunk` for anything unreadable
 */
export function parsePayload(data: string, place: PayloadPlace, event?: string): GenerateContentResponse | undefined {
  if (data === '' || isDone(data)) return undefined;
  if (event === 'error') throw eventError(data, place);
  let payload: unknown;
  try {
    payload = JSON.parse(data);
  } catch (cause) {
    // An event with a name of its own, such as `ping`, is not a chunk.
    if (event !== undefined && event !== 'message' && !/^\s*[[{"]/.test(data)) return undefined;
    throw invalidJson(`event ${place.index} (${data.length} characters) is not valid JSON`, cause);
  }
  // Each level takes at least two characters: chunks of text are too short to need a look.
  if (data.length > 2 * maxLevels && isNestedDeeper(payload, maxLevels)) {
    throw new GeminiError('invalid-chunk', `event ${place.index} is nested deeper than ${maxLevels} levels`);
  }
  const error = googleRpcError(payload, place);
  if (error !== undefined) throw error;
  const problem = chunkProblem(payload);
  if (problem !== undefined) throw new GeminiError('invalid-chunk', `event ${place.index}: ${problem}`);
  return payload as GenerateContentResponse;
}

/** Whether an event is the sentinel that some servers send at the end. */
function isDone(data: string): boolean {
  return data.length < 16 && data.trim().toUpperCase() === '[DONE]';
}
