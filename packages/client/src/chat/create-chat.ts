import { GeminiError } from '../errors.ts';
import { plainCopy } from '../plain-json.ts';
import type { GenaiConfig } from '../request/genai-config.ts';
import { type StreamInput, normaliseRequest } from '../request/normalise-request.ts';
import { type Prompt, type PromptPart, contentsOf } from '../request/prompt.ts';
import type { StreamOptions } from '../stream-options.ts';
import type { GeminiStream } from '../stream/gemini-stream.ts';
import { nextTurn, openCalls } from '../tools/open-calls.ts';
import { type ToolOptions, resolveToolLimits } from '../tools/tool-options.ts';
import { createToolSet } from '../tools/tool.ts';
import type { StreamOutcome } from '../types.ts';
import type { Content, FunctionCall, Part } from '../wire/types.ts';
import { type KeepTurns, checkHistory, keptTurn } from './history.ts';

/** What one message of the user may be: text, parts, or the results of functions as `functionResponse` parts. */
export type ChatPrompt = string | PromptPart | readonly (string | PromptPart)[];

/** How a conversation begins, and what goes with each of its requests. */
export interface ChatOptions extends ToolOptions {
  /** @defaultValue the client's */
  readonly model?: string | undefined;
  /**
   * The messages so far: another chat's `history`, or that of a chat of `@google/genai`. It is copied.
   * @defaultValue `[]`
   */
  readonly history?: readonly Content[] | undefined;
  /** Goes with every request. @defaultValue none */
  readonly systemInstruction?: Prompt | undefined;
  /** Everything else that a request may hold, named as in the `config` of `@google/genai`. */
  readonly config?: GenaiConfig | undefined;
  /** @defaultValue `'completed'`: a turn that was stopped, cut off or failed leaves the history as it was */
  readonly keep?: KeepTurns | undefined;
}

/** A conversation. One turn at a time; what it remembers is its history, which is plain JSON. */
export interface Chat {
  /**
   * Sends a message after all that was said, and streams the answer. The history has both when the stream has ended.
   * @throws GeminiError `chat-busy` while another turn is running
   * @throws TypeError for a prompt that cannot be meant, and for one that leaves open calls without their results
   */
  stream(prompt: ChatPrompt, options?: StreamOptions): GeminiStream;
  /** The turns that were kept, as the API takes them back. A copy each time. */
  readonly history: Content[];
  /** The calls of the last answer that wait for their results: the next prompt has to bring them. */
  readonly openCalls: FunctionCall[];
}

/** Starts one stream, and tells its outcome before anybody who reads it hears of it. */
type StartTurn = (
  request: StreamInput,
  options: StreamOptions,
  onOutcome: (outcome: StreamOutcome) => void,
) => GeminiStream;

/**
 * Makes a conversation on top of single requests. It grows by what is said: it has no bound of its own.
 * @throws TypeError that names the option which cannot be meant
 */
export function createChat(options: ChatOptions, start: StartTurn): Chat {
  const { model, keep = 'completed', systemInstruction } = options;
  if (keep !== 'completed' && keep !== 'partial') {
    throw new TypeError(`keep: expected 'completed' or 'partial', got ${String(keep)}`);
  }
  const config = { ...options.config, ...(systemInstruction === undefined ? {} : { systemInstruction }) };
  // What cannot be meant is said now, not at the first message.
  normaliseRequest({ contents: 'any', model, config });
  createToolSet(options.tools ?? []);
  resolveToolLimits(options);
  let history: readonly Content[] = checkHistory(options.history ?? []);
  let isBusy = false;

  const inTurn = (streamOptions: StreamOptions): StreamOptions => ({
    ...streamOptions,
    ...resolveToolLimits(streamOptions, options),
    tools: streamOptions.tools ?? options.tools,
  });

  return {
    stream(prompt, streamOptions = {}) {
      if (isBusy) throw new GeminiError('chat-busy', 'another turn of this chat is running: wait for its outcome');
      if (streamOptions.keepContent === false) {
        throw new TypeError('keepContent: expected true in a chat, for its history is what was said');
      }
      const { before, message } = nextTurn(history, partsOf(prompt));
      const request = { model, contents: [...before, message], config };
      isBusy = true;
      try {
        return start(request, inTurn(streamOptions), (outcome) => {
          isBusy = false;
          const kept = keptTurn(message, outcome, keep);
          if (kept.length > 0) history = [...before, ...kept];
        });
      } catch (error) {
        isBusy = false;
        throw error;
      }
    },
    get history() {
      return plainCopy([...history], 'history');
    },
    get openCalls() {
      return plainCopy(openCalls(history), 'openCalls');
    },
  };
}

function partsOf(prompt: ChatPrompt): Part[] {
  const contents = contentsOf(prompt);
  const [content] = contents;
  // One message of the user: what was said before belongs into the history.
  if (contents.length !== 1 || content?.parts === undefined || content.role !== 'user') {
    throw new TypeError('prompt: expected text or parts, got contents');
  }
  return plainCopy(content.parts, 'prompt');
}
