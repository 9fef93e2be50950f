import { requestJson } from '@gemini/http-streaming';
import { kind, expectValid, aString, optional } from '../check.ts';
import { GeminiError } from '../errors.ts';
import type { JsonSchema, ObjectSchema } from '../objects/schema.ts';
import { type ObjectStream, type ObjectStreamOptions, streamObject } from '../objects/stream-object.ts';
import type { ResolvedGeminiOptions } from '../options.ts';
import { authorize } from '../request/credentials.ts';
import { interactionUrl } from '../request/endpoint.ts';
import type { CommonStreamOptions, StartStreamOptions } from '../stream-options.ts';
import type { GeminiStream } from '../stream/gemini-stream.ts';
import type { ToolOptions } from '../tools/tool-options.ts';
import type { StreamOutcome } from '../types.ts';
import { isRecord, kindOf } from '../wire/guard.ts';
import { failureOf } from '../wire/google-error.ts';
import type { Interaction, InteractionInput, InteractionRequest, InteractionTool } from '../wire/interaction-types.ts';
import type { Tool } from '../wire/tool-types.ts';
import type { InteractionFields } from './interaction-request.ts';
import type { InteractionStart } from './interaction-thread.ts';

/** Options of an interaction. The client's are the defaults. */
export interface InteractionOptions extends InteractionFields, Omit<ToolOptions, 'tools'>, CommonStreamOptions {
  /** Functions made by `tool()`, and tools of the API such as `{ type: 'google_search' }`. */
  readonly tools?: readonly (Tool | InteractionTool)[] | undefined;
  /**
   * The fate of a background run if its stream is stopped, left or aborted: `leave` lets it run on, and its id is in the
   * outcome; `cancel` cancels it.
   * @defaultValue `'leave'`
   */
  readonly onStop?: 'leave' | 'cancel' | undefined;
}

/** Options of an interaction whose stream is found by its id. */
export interface StartInteractionOptions
  extends InteractionOptions, Pick<StartStreamOptions, 'id' | 'key' | 'lingerMs' | 'metadata' | 'onDuplicate'> {}

/** Options of following an interaction. */
export interface FollowOptions extends CommonStreamOptions {
  /** The id of the last event that is known: those after it are streamed. @defaultValue none: from the start */
  readonly after?: string | undefined;
}

/** Options of one request about an interaction. */
export interface InteractionCallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The Interactions API: conversations that the server keeps, runs in the background, agents. */
export interface Interactions {
  /**
   * Starts an interaction at once: its events and its outcome are those of any stream, and `outcome.interactionId` continues
   * the conversation.
   * @throws TypeError for an invalid input or option
   */
  stream(input: InteractionInput | InteractionRequest, options?: InteractionOptions): GeminiStream;
  /**
   * Starts an interaction whose answer is one object and fits a schema.
   * @throws TypeError for an invalid schema, and for a `responseFormat` beside it
   */
  streamObject<Written, Value>(
    input: InteractionInput | InteractionRequest,
    options: InteractionOptions & { readonly schema: ObjectSchema<Written, Value> },
  ): ObjectStream<Value, Written>;
  /** With a plain JSON Schema, whose type the caller names. */
  streamObject<Value = unknown>(
    input: InteractionInput | InteractionRequest,
    options: InteractionOptions & { readonly schema: JsonSchema },
  ): ObjectStream<Value>;
  /** Starts an interaction that is found by the id of its stream, as `startStream` does, and returns that id. */
  start(input: InteractionInput | InteractionRequest, options?: StartInteractionOptions): string;
  /**
   * Streams an interaction that exists, from its start or after an event: a background run, or a stream that was lost.
   * @throws TypeError for an empty id and for an invalid option
   */
  follow(id: string, options?: FollowOptions): GeminiStream;
  /**
   * Returns an interaction as the API tells it, with its steps.
   * @throws GeminiError `api-error`, with `status` 404 if it does not exist
   */
  get(id: string, options?: InteractionCallOptions): Promise<Interaction>;
  /** Cancels a background run, and returns it. @throws GeminiError `api-error` */
  cancel(id: string, options?: InteractionCallOptions): Promise<Interaction>;
  /** Deletes an interaction. A run is not stopped by that. @throws GeminiError `api-error` */
  delete(id: string, options?: InteractionCallOptions): Promise<void>;
}

/** A request, or an interaction that exists. */
export type GivenInteraction =
  | { readonly input: InteractionInput | InteractionRequest }
  | Extract<InteractionStart, { type: 'follow' }>;

/** Additions of a chat or an object to an interaction. */
export interface InteractionHooks {
  /** Whether the stream names the places from which another process can continue it. @defaultValue false */
  readonly checkpoints?: boolean | undefined;
  readonly shape?: ((request: InteractionRequest) => InteractionRequest) | undefined;
  readonly onOutcome?: ((outcome: StreamOutcome) => void) | undefined;
}

/** Starts the streams of interactions. */
export interface InteractionStarter {
  /** Starts a stream for one reader. */
  stream(given: GivenInteraction, options: InteractionOptions, hooks?: InteractionHooks): GeminiStream;
  /** Starts a stream that is found by its id. */
  start(given: GivenInteraction, options: StartInteractionOptions, hooks?: InteractionHooks): string;
}

/** The longest time that a cancel after a stop may take, in milliseconds. */
const cancelTimeoutMs = 30_000;

const onStopCheck = optional(kind("'leave' or 'cancel'", (value) => value === 'leave' || value === 'cancel'));

/** The calls of the Interactions API, with the settings of a client. */
export class InteractionClient implements Interactions {
  readonly #gemini: ResolvedGeminiOptions;
  readonly #starter: InteractionStarter;

  constructor(gemini: ResolvedGeminiOptions, starter: InteractionStarter) {
    this.#gemini = gemini;
    this.#starter = starter;
  }

  // Properties, so that they can be destructured.
  readonly stream = (input: InteractionInput | InteractionRequest, options: InteractionOptions = {}): GeminiStream =>
    this.begin(input, options);

  readonly streamObject = (
    input: InteractionInput | InteractionRequest,
    options: InteractionOptions & Pick<ObjectStreamOptions, 'schema'>,
  ): ObjectStream<never, never> => this.beginObject(input, options) as ObjectStream<never, never>;

  readonly start = (input: InteractionInput | InteractionRequest, options: StartInteractionOptions = {}): string =>
    this.#starter.start({ input }, options, this.#hooks(options));

  readonly follow = (id: string, { after, ...options }: FollowOptions = {}): GeminiStream => {
    checkId(id);
    expectValid(optional(aString), after, 'after');
    return this.#starter.stream({ type: 'follow', id, after }, options);
  };

  readonly get = async (id: string, options: InteractionCallOptions = {}): Promise<Interaction> =>
    asInteraction(await this.#call('GET', id, options));

  readonly cancel = async (id: string, options: InteractionCallOptions = {}): Promise<Interaction> =>
    asInteraction(await this.#call('POST', id, options, 'cancel'));

  readonly delete = async (id: string, options: InteractionCallOptions = {}): Promise<void> => {
    await this.#call('DELETE', id, options);
  };

  /** Starts an interaction; `onOutcome` is called before any reader gets its end. */
  begin(
    input: InteractionInput | InteractionRequest,
    options: InteractionOptions,
    onOutcome?: OnOutcome,
  ): GeminiStream {
    return this.#starter.stream({ input }, options, this.#hooks(options, onOutcome));
  }

  beginObject(
    input: InteractionInput | InteractionRequest,
    objectOptions: InteractionOptions & Pick<ObjectStreamOptions, 'schema'>,
    onOutcome?: OnOutcome,
  ): ObjectStream<unknown> {
    return streamObject<InteractionOptions>((options, { jsonSchema: schema }) => {
      const shape = (request: InteractionRequest): InteractionRequest => {
        if (request.response_format !== undefined) throw new TypeError('responseFormat: expected none beside schema');
        return { ...request, response_format: { type: 'text', mime_type: 'application/json', schema } };
      };
      return this.#starter.stream({ input }, options, { ...this.#hooks(options, onOutcome), shape });
    }, objectOptions);
  }

  #hooks({ onStop = 'leave' }: InteractionOptions, onOutcome?: OnOutcome): InteractionHooks {
    expectValid(onStopCheck, onStop, 'onStop');
    if (onStop === 'leave') return { onOutcome };
    return {
      onOutcome: (outcome) => {
        onOutcome?.(outcome);
        const { status, interactionId } = outcome;
        if (status !== 'stopped' || interactionId === undefined) return;
        // The stream has ended: nothing waits for this.
        this.cancel(interactionId, { signal: AbortSignal.timeout(cancelTimeoutMs) }).catch(() => undefined);
      },
    };
  }

  async #call(method: string, id: string, { signal }: InteractionCallOptions, action?: 'cancel'): Promise<unknown> {
    checkId(id);
    const url = interactionUrl(this.#gemini, id, action);
    const { headers, secret } = await authorize(this.#gemini, url);
    const { dispatcher, totalTimeoutMs } = this.#gemini.http;
    try {
      const request = { url, method, headers, signal, ...(method === 'POST' ? { json: {} } : {}) };
      const limits = { dispatcher, totalTimeoutMs, maxBodyBytes: this.#gemini.maxResponseBytes };
      return (await requestJson(request, limits)).value;
    } catch (cause) {
      throw failureOf(cause, secret);
    }
  }
}

type OnOutcome = (outcome: StreamOutcome) => void;

function checkId(id: unknown): void {
  if (typeof id === 'string' && id !== '') return;
  throw new TypeError(`id: expected the id of an interaction, got ${id === '' ? 'an empty string' : kindOf(id)}`);
}

function asInteraction(value: unknown): Interaction {
  if (isRecord(value) && typeof value['status'] === 'string') return value as unknown as Interaction;
  throw new GeminiError('invalid-chunk', `expected an interaction, got ${kindOf(value)}`);
}
