import type { GenerateContentRequest } from '../wire/types.ts';
import { checkRequest } from './check-request.ts';
import { type GenaiConfig, fieldsOfGenaiConfig } from './genai-config.ts';
import { type Prompt, type PromptContent, contentOf, contentsOf, isMessage } from './prompt.ts';

/** A request in the form of `@google/genai`: its `config` has fields that the API expects in several places. */
export interface GenaiRequest {
  readonly model?: string | undefined;
  readonly contents: Prompt;
  readonly config?: GenaiConfig | undefined;
}

/** The input of a stream: a prompt, a whole request, or a request in the form of `@google/genai`. */
export type StreamInput = Prompt | GenerateContentRequest | GenaiRequest;

/** The body to send, and the options that the input had beside it. */
interface NormalisedRequest {
  readonly body: GenerateContentRequest;
  readonly model: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Returns the request body for an input.
 * @throws TypeError with the path to an invalid field
 */
export function normaliseRequest(input: StreamInput): NormalisedRequest {
  const { body, model, signal } = readInput(input);
  checkRequest(body);
  return { body, model, signal };
}

function readInput(input: StreamInput): NormalisedRequest {
  if (typeof input === 'string' || Array.isArray(input)) return prompted(input as Prompt);
  if (typeof input !== 'object' || input === null) {
    throw new TypeError(`expected a prompt or a request, got ${input === null ? 'null' : typeof input}`);
  }
  if (!('contents' in input)) {
    if (isPart(input) || isMessage(input)) return prompted(input);
    throw new TypeError('contents: expected a prompt or an array of contents, got undefined');
  }
  const { model, config, contents, ...fields } = input as GenaiRequest;
  if (model !== undefined && typeof model !== 'string')
    throw new TypeError(`model: expected text, got ${typeof model}`);
  const settings = config === undefined ? { fields: {}, signal: undefined } : fieldsOfGenaiConfig(config);
  return {
    body: { contents: messagesOf(contents), ...fields, ...settings.fields },
    model,
    signal: settings.signal,
  };
}

function prompted(prompt: Prompt): NormalisedRequest {
  return { body: { contents: contentsOf(prompt) }, model: undefined, signal: undefined };
}

// Any other value is passed to the check as it is: the check names the fault.
function messagesOf(contents: Prompt): GenerateContentRequest['contents'] {
  if (typeof contents === 'string' || isPart(contents) || isMessage(contents)) return contentsOf(contents, 'contents');
  if (!Array.isArray(contents)) return contents as unknown as GenerateContentRequest['contents'];
  const items = contents as readonly unknown[];
  const hasText = items.some((item) => typeof item === 'string' || isPart(item));
  return hasText ? contentsOf(contents as Prompt, 'contents') : items.map((item) => contentOf(item as PromptContent));
}

const partFields = ['text', 'inlineData', 'fileData', 'functionResponse', 'functionCall'] as const;

function isPart(value: unknown): boolean {
  return typeof value === 'object' && value !== null && partFields.some((name) => name in value);
}
