import { GeminiError } from '../errors.ts';
import { plainCopy } from '../plain-json.ts';
import type { GenaiConfig } from '../request/genai-config.ts';
import { type StreamInput, normaliseRequest } from '../request/normalise-request.ts';
import { type Prompt, type PromptPart, contentsOf } from '../request/prompt.ts';
import type { StreamOptions } from '../stream-options.ts';
import type { GeminiStream } from '../stream/gemini-stream.ts';
import { nextTurn, openCalls } from '../tools/open-calls.ts';
import { type ToolOptions, resolveToolLimits } from '../tools/tool-options.ts';
import { ToolSet } from '../tools/tool.ts';
import type { StreamOutcome } from '../types.ts';
import type { Content, FunctionCall, Part } from '../wire/types.ts';
import { type KeepTurns, checkHistory, keptTurn } from './history.ts';

/** One message of the user: text, parts, or the results of functions as `functionResponse` parts. */
export type ChatPrompt = string | PromptPart | readonly (string | PromptPart)[];

/** Options of `chat`: the beginning of a conversation, and the settings of each of its requests. */
export interface ChatOptions extends ToolOptions {
  /** @defaultValue the client's */
  readonly model?: string | undefined;
  /**
   * The messages so far: the `history` of another chat, or of a chat of `@google/genai`. It is copied.
   * @defaultValue `[]`
   */
  readonly history?: readonly Content[] | undefined;
  /** Sent with every request. @defaultValue none */
  readonly systemInstruction?: Prompt | undefined;
  /** All other fields of each request, named as in the `config` of `@google/genai`. */
  readonly config?: GenaiConfig | undefined;
  /** @defaultValue `'completed'`: a turn that was stopped, cut off or failed does not change the history */
  readonly keep?: KeepTurns | undefined;
}

/** A conversation, one turn at a time. Its whole state is its history, which is plain JSON. */
export interface Chat {
  /**
   * Sends a message after the history, and streams the answer. The history has both when the stream has ended.
   * @throws GeminiError `chat-busy` while another turn is running
   * @throws TypeError for an invalid prompt, and for one that leaves open calls without their results
   */
  stream(prompt: ChatPrompt, options?: StreamOptions): GeminiStream;
  /** The turns that were kept, in the form that the API accepts. A copy each time. */
  readonly history: Content[];
  /** The calls of the last answer that have no results yet: the next prompt must contain them. */
  readonly openCalls: FunctionCall[];
}

/** Starts one stream. Calls `onOutcome` before any reader of the stream gets its end. */
type StartStream = (
  request: StreamInput,
  options: StreamOptions,
  onOutcome: (outcome: StreamOutcome) => void,
) => GeminiStream;

/** A conversation on top of single requests. Its history grows with each turn: it has no limit of its own. */
export class Conversation implements Chat {
  readonly #options: ChatOptions;
  readonly #config: GenaiConfig;
  readonly #start: StartStream;
  #history: readonly Content[];
  #isBusy = false;

  /** @throws TypeError that names the invalid option */
  constructor(options: ChatOptions, start: StartStream) {
    const { model, keep, systemInstruction, history = [], tools = [] } = options;
    if (keep !== undefined && keep !== 'completed' && keep !== 'partial') {
      throw new TypeError(`keep: expected 'completed' or 'partial', got ${String(keep)}`);
    }
    this.#config = { ...options.config, ...(systemInstruction === undefined ? {} : { systemInstruction }) };
    // Invalid options are reported now, not at the first message.
    normaliseRequest({ contents: 'any', model, config: this.#config });
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

  // A property, so that it can be destructured.
  readonly stream = (prompt: ChatPrompt, options: StreamOptions = {}): GeminiStream => {
    if (this.#isBusy) throw new GeminiError('chat-busy', 'another turn of this chat is running: wait for its outcome');
    if (options.keepContent === false) {
      throw new TypeError('keepContent: expected true in a chat, for its history holds the answers');
    }
    const { before, message } = nextTurn(this.#history, partsOf(prompt));
    const { model, tools, keep = 'completed' } = this.#options;
    const limits = resolveToolLimits(options, this.#options);
    const request = { model, contents: [...before, message], config: this.#config };
    this.#isBusy = true;
    try {
      return this.#start(request, { ...options, ...limits, tools: options.tools ?? tools }, (outcome) => {
        this.#isBusy = false;
        const kept = keptTurn(message, outcome, keep);
        if (kept.length > 0) this.#history = [...before, ...kept];
      });
    } catch (error) {
      this.#isBusy = false;
      throw error;
    }
  };
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
