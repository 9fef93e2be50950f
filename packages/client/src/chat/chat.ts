import { defaultRetryPolicy } from '@gemini/http-streaming';
import { aString, expectValid, optional } from '../check.ts';
import { GeminiError } from '../errors.ts';
import { plainCopy } from '../plain-json.ts';
import type { JsonSchema, ObjectSchema } from '../objects/schema.ts';
import { type ObjectStream, type ObjectStreamOptions, objectRequest, streamObject } from '../objects/stream-object.ts';
import { type ModelChoice, resolveModels } from '../request/models.ts';
import { type RequestOptions, type StreamInput, normaliseRequest } from '../request/normalise-request.ts';
import { type PromptPart, contentsOf } from '../request/prompt.ts';
import { refuseUnknownOptions } from '../request/unknown-options.ts';
import type { StartStream, StreamOptions, StreamSettings } from '../stream-options.ts';
import type { GeminiStream } from '../stream/gemini-stream.ts';
import { nextTurn, openCalls } from '../tools/open-calls.ts';
import { type ToolOptions, defaultToolLimits, resolveToolLimits } from '../tools/tool-options.ts';
import { ToolSet } from '../tools/tool.ts';
import type { StreamOutcome } from '../types.ts';
import type { Content, FunctionCall, Part } from '../wire/types.ts';
import { type KeepTurns, checkHistory, keptTurn } from './history.ts';

/** One message of the user: text, parts, or the results of functions as `functionResponse` parts. */
export type ChatPrompt = string | PromptPart | readonly (string | PromptPart)[];

/** Options of `chat`: the beginning of a conversation, and the settings of each of its requests. */
export interface ChatOptions extends ToolOptions, RequestOptions {
  /** A model, or several: the next one is asked if the one before cannot answer now. @defaultValue the client's */
  readonly model?: ModelChoice | undefined;
  /**
   * The messages so far: the `history` of another chat, or of a chat of `@google/genai`. It is copied.
   * @defaultValue `[]`
   */
  readonly history?: readonly Content[] | undefined;
  /** @defaultValue `'completed'`: a turn that was stopped, cut off or failed does not change the history */
  readonly keep?: KeepTurns | undefined;
  /** Names the conversation for diagnostics channels; never sent. */
  readonly conversationId?: string | undefined;
}

/** A conversation, one turn at a time. Its whole state is its history, which is plain JSON. */
export interface Chat {
  /**
   * Sends a message after the history, and streams the answer. The history has both when the stream has ended. A prompt
   * without any result abandons the open calls: the model gets a result that says so.
   * @throws GeminiError `chat-busy` while another turn is running
   * @throws TypeError for an invalid prompt, and for one that has the results of some open calls only
   */
  stream(prompt: ChatPrompt, options?: StreamOptions): GeminiStream;
  /**
   * Sends a message, and streams an answer that is one object and fits a schema. The history has its JSON as text, also
   * if it does not fit.
   * @throws TypeError for an invalid schema, and for settings of the chat that ask for another format
   */
  streamObject<Written, Value>(
    prompt: ChatPrompt,
    options: ObjectStreamOptions<ObjectSchema<Written, Value>>,
  ): ObjectStream<Value, Written>;
  /** With a plain JSON Schema, whose type the caller names. */
  streamObject<Value = unknown>(prompt: ChatPrompt, options: ObjectStreamOptions<JsonSchema>): ObjectStream<Value>;
  /** The turns that were kept, in the form that the API accepts. A copy each time. */
  readonly history: Content[];
  /** The calls of the last answer that have no results yet. */
  readonly openCalls: FunctionCall[];
}

const chatOptionNames = [
  'model',
  'history',
  'keep',
  'conversationId',
  'systemInstruction',
  'config',
  'generationConfig',
  'toolConfig',
  'extraBody',
  'tools',
  ...Object.keys(defaultToolLimits),
];

/** A conversation on top of single requests. Its history grows with each turn: it has no limit of its own. */
export class Conversation implements Chat {
  readonly #options: ChatOptions;
  readonly #start: StartStream;
  #history: readonly Content[];
  #isBusy = false;

  /** @throws TypeError that names the invalid option */
  constructor(options: ChatOptions, start: StartStream) {
    refuseUnknownOptions(options, chatOptionNames);
    const { model, keep, history = [], tools = [], conversationId } = options;
    if (keep !== undefined && keep !== 'completed' && keep !== 'partial') {
      throw new TypeError(`keep: expected 'completed' or 'partial', got ${String(keep)}`);
    }
    // Invalid options are reported now, not at the first message.
    normaliseRequest('any', options);
    if (model !== undefined) resolveModels(model, { retry: defaultRetryPolicy, firstContentTimeoutMs: Infinity });
    expectValid(optional(aString), conversationId, 'conversationId');
    void new ToolSet(tools);
    resolveToolLimits(options);
    this.#options = options;
    this.#start = start;
    this.#history = checkHistory(history);
  }

  get history(): Content[] {
    return plainCopy([...this.#history], 'history');
  }

  get openCalls(): FunctionCall[] {
    return plainCopy(openCalls(this.#history), 'openCalls');
  }

  // Properties, so that they can be destructured.
  readonly stream = (prompt: ChatPrompt, options: StreamOptions = {}): GeminiStream =>
    this.#begin(this.#start, prompt, options);
  readonly streamObject = (prompt: ChatPrompt, options: ObjectStreamOptions): ObjectStream<never, never> =>
    this.#begin(
      (request, { schema, ...more }: ObjectStreamOptions, settings) =>
        streamObject<StreamOptions>(
          (own, read) => this.#start(request, own, { ...settings, shape: (body) => objectRequest(body, read) }),
          { ...more, schema },
        ),
      prompt,
      options,
    ) as ObjectStream<never, never>;

  #begin<Options extends StreamOptions, Stream extends GeminiStream>(
    start: (input: StreamInput, options: Options, settings: StreamSettings) => Stream,
    prompt: ChatPrompt,
    options: Options,
  ): Stream {
    if (this.#isBusy) throw new GeminiError('chat-busy', 'another turn of this chat is running: wait for its outcome');
    if (options.keepContent === false) {
      throw new TypeError('keepContent: expected true in a chat, for its history holds the answers');
    }
    const { before, message } = nextTurn(this.#history, partsOf(prompt));
    const { tools, keep = 'completed', model, conversationId } = this.#options;
    const limits = resolveToolLimits(options, this.#options);
    const own = {
      ...options,
      ...limits,
      model: options.model ?? model,
      tools: options.tools ?? tools,
      conversationId: options.conversationId ?? conversationId,
    };
    const onOutcome = (outcome: StreamOutcome): void => {
      this.#isBusy = false;
      const kept = keptTurn(message, outcome, keep);
      if (kept.length > 0) this.#history = [...before, ...kept];
    };
    this.#isBusy = true;
    try {
      return start({ contents: [...before, message] }, own, { defaults: this.#options, onOutcome });
    } catch (error) {
      this.#isBusy = false;
      throw error;
    }
  }
}

function partsOf(prompt: ChatPrompt): Part[] {
  const contents = contentsOf(prompt);
  const [content] = contents;
  // One message of the user: earlier messages belong into the history.
  if (contents.length !== 1 || content?.parts === undefined || content.role !== 'user') {
    throw new TypeError('prompt: expected text or parts, got contents');
  }
  return plainCopy(content.parts, 'prompt');
}
