import { isRecord } from '../wire/guard.ts';
import type { GenerateContentRequest } from '../wire/types.ts';
import { checkRequest } from './check-request.ts';
import { type GenaiConfig, fieldsOfGenaiConfig } from './genai-config.ts';
import { type Prompt, type PromptContent, contentOf, contentsOf, isMessage, refuseForeignMessage } from './prompt.ts';
import { tidyRequest } from './tidy-request.ts';

/** A request in the form of `@google/genai`: its `config` has fields that the API expects in several places. */
export interface GenaiRequest {
  readonly model?: string | undefined;
  readonly contents: Prompt;
  readonly config?: GenaiConfig | undefined;
}

/** The input of a stream: a prompt, a whole request, or a request in the form of `@google/genai`. */
export type StreamInput = Prompt | GenerateContentRequest | GenaiRequest;

/** Fields of a request that a stream may have as options. Those of the input come first. */
export interface RequestOptions {
  readonly systemInstruction?: Prompt | undefined;
  /** All other fields of the request, named as in the `config` of `@google/genai`. */
  readonly config?: GenaiConfig | undefined;
  readonly toolConfig?: Readonly<Record<string, unknown>> | undefined;
}

/** The body to send, and the options that the input had beside it. */
interface NormalisedRequest {
  readonly body: GenerateContentRequest;
  readonly model: string | undefined;
  readonly signal: AbortSignal | undefined;
  /** Of `config.httpOptions`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly totalTimeoutMs?: number | undefined;
}

/**
 * Returns the request body for an input.
 * @throws TypeError with the path to an invalid field
 */
export function normaliseRequest(input: StreamInput, options: RequestOptions = {}): NormalisedRequest {
  const { body: given, ...more } = readInput(input);
  const { systemInstruction, toolConfig, config } = options;
  const settings = config === undefined ? undefined : fieldsOfGenaiConfig(config);
  const own = { ...settings?.fields, ...defined({ systemInstruction, toolConfig }) };
  const body = tidyRequest(withDefaults(given, own));
  checkRequest(body);
  const { signal: _signal, fields: _fields, ...http } = settings ?? {};
  return { ...http, ...more, body, signal: anySignal(more.signal, settings?.signal) };
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Adds the fields that a request does not have, field by field in `generationConfig` and `toolConfig`. */
function withDefaults(body: Record<string, unknown>, defaults: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...defaults, ...body };
  for (const name of ['generationConfig', 'toolConfig']) {
    if (isRecord(defaults[name]) && isRecord(body[name])) merged[name] = { ...defaults[name], ...body[name] };
  }
  return merged;
}

function anySignal(left: AbortSignal | undefined, right: AbortSignal | undefined): AbortSignal | undefined {
  return left !== undefined && right !== undefined ? AbortSignal.any([left, right]) : (left ?? right);
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
  const { fields: settings, ...http } =
    config === undefined ? { fields: {}, signal: undefined } : fieldsOfGenaiConfig(config);
  return { ...http, body: { contents: messagesOf(contents), ...fields, ...settings }, model };
}

function prompted(prompt: Prompt): NormalisedRequest {
  return { body: { contents: contentsOf(prompt) }, model: undefined, signal: undefined };
}

// Any other value is passed to the check as it is: the check names the fault.
function messagesOf(contents: Prompt): GenerateContentRequest['contents'] {
  if (typeof contents === 'string' || isPart(contents) || isMessage(contents)) return contentsOf(contents, 'contents');
  if (!Array.isArray(contents)) return contents as unknown as GenerateContentRequest['contents'];
  const items = contents as readonly unknown[];
  for (const [index, item] of items.entries()) refuseForeignMessage(item, `contents[${index}]`);
  const hasText = items.some((item) => typeof item === 'string' || isPart(item));
  return hasText ? contentsOf(contents as Prompt, 'contents') : items.map((item) => contentOf(item as PromptContent));
}

const partFields = [
  'text',
  'inlineData',
  'fileData',
  'functionResponse',
  'functionCall',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
] as const;

function isPart(value: unknown): boolean {
  return typeof value === 'object' && value !== null && partFields.some((name) => name in value);
}
