import type { DeliveryVerdict } from '@gemini/http-streaming';
import type { ResolvedGeminiOptions } from '../options.ts';
import type { StreamOutcome } from '../types.ts';
import type { InteractionRequest } from '../wire/interaction-types.ts';
import type { GenerateContentRequest } from '../wire/request-types.ts';
import type { GenerateContentResponse, UsageMetadata } from '../wire/types.ts';
import type { AnswerForm } from './answer-form.ts';
import type { AsyncContext } from './caller-context.ts';
import type { RequestParameters } from './request-parameters.ts';

/**
 * The message of a `gemini:stream` trace: counts and names, never a key. The prompt and the answer are there only for a
 * subscriber that reads `request` and `response`: a spread, `JSON.stringify` and `console.log` leave them out. All messages
 * of one answer are the same object.
 */
export class StreamTraceContext {
  readonly id: string;
  /** The model that was asked last, or the agent. */
  model: string;
  /** The API that is asked: the Developer API or Vertex AI. */
  readonly api: 'gemini' | 'vertex';
  /** The host of the base URL. */
  readonly serverAddress: string;
  readonly serverPort: number;
  /** The settings of the request to the model that was asked last. */
  parameters: RequestParameters;
  readonly conversationId: string | undefined;
  /** The id that the server gave the answer, and the version of the model that it names: from the first chunk on. */
  declare readonly responseId?: string | undefined;
  declare readonly responseModel?: string | undefined;
  // The facts below are added when the answer has ended.
  declare readonly status?: StreamOutcome['status'] | undefined;
  declare readonly endedBy?: StreamOutcome['endedBy'] | undefined;
  declare readonly finishReason?: string | undefined;
  /** One a candidate, in their order; `undefined` for a candidate that did not finish. */
  declare readonly finishReasons?: readonly (string | undefined)[] | undefined;
  declare readonly attempts?: number | undefined;
  declare readonly totalTokenCount?: number | undefined;
  /** The last token counts of the answer. */
  declare readonly usage?: UsageMetadata | undefined;
  /** Milliseconds from the start of the answer to its first chunk, and to its end. */
  declare readonly firstChunkMs?: number | undefined;
  declare readonly durationMs?: number | undefined;
  /** Whether the last request was live, and the likely cause if it was not. */
  declare readonly verdict?: DeliveryVerdict['kind'] | undefined;
  declare readonly verdictCause?: DeliveryVerdict['cause'] | undefined;
  /** The error of a failed or truncated stream; its `partial` is not enumerable. */
  declare readonly error?: unknown;
  readonly #form: AnswerForm;
  readonly #content: TracedContent;

  constructor({ id, form, gemini, conversationId }: TracedStream, model: string, content: TracedContent) {
    const { hostname, port, protocol } = new URL(gemini.baseUrl);
    const usualPort = protocol === 'http:' ? 80 : 443;
    this.id = id;
    this.model = model;
    this.api = gemini.vertex === undefined ? 'gemini' : 'vertex';
    this.serverAddress = hostname;
    this.serverPort = port === '' ? usualPort : Number(port);
    this.parameters = form.parameters(content.place);
    this.conversationId = conversationId;
    this.#form = form;
    this.#content = content;
  }

  /**
   * The body of the first request to the model: the prompt, in the names of its API. `undefined` if the answer existed
   * before the stream. Not a copy: do not change it.
   */
  get request(): GenerateContentRequest | InteractionRequest | undefined {
    return this.#form.body(this.#content.place);
  }

  /**
   * Has the requests of the answer sent inside a context, for a subscriber of `start` whose context is no
   * `AsyncLocalStorage` that it could bind to the channel. The context is to run the function that it gets, once.
   */
  runInside(context: AsyncContext): void {
    this.#content.contexts.push(context);
  }

  /** The answer, when it has ended. Not a copy either. */
  get response(): GenerateContentResponse | undefined {
    return this.#content.response;
  }
}

/** A stream that is traced. */
export interface TracedStream {
  readonly id: string;
  readonly form: AnswerForm;
  readonly gemini: ResolvedGeminiOptions;
  readonly conversationId?: string | undefined;
  /** The async context of the caller. @defaultValue the present one */
  readonly inCaller?: AsyncContext | undefined;
}

/** The content of a trace, which changes while the stream runs. */
export interface TracedContent {
  /** The place of the model that was asked last. */
  place: number;
  response: GenerateContentResponse | undefined;
  /** Those in which the requests are sent. */
  readonly contexts: AsyncContext[];
}
