import { isRecord } from '../wire/guard.ts';
import type { GenerateContentRequest, GenerationConfig } from '../wire/request-types.ts';
import type { ToolConfig } from '../wire/tool-types.ts';
import { checkRequest } from './check-request.ts';
import { withExtraBody } from './extra-body.ts';
import { type GenaiConfig, type GenaiSettings, fieldsOfGenaiConfig } from './genai-config.ts';
import type { ModelChoice } from './models.ts';
import { type Prompt, type PromptContent, contentOf, contentsOf, isMessage, refuseForeignMessage } from './prompt.ts';
import { tidyRequest } from './tidy-request.ts';

/** A request in the form of `@google/genai`: its `config` has fields that the API expects in several places. */
export interface GenaiRequest {
  readonly model?: ModelChoice | undefined;
  readonly contents: Prompt;
  readonly config?: GenaiConfig | undefined;
}

/** The input of a stream: a prompt, a whole request, or a request in the form of `@google/genai`. */
export type StreamInput = Prompt | GenerateContentRequest | GenaiRequest;

/** Fields of a request that a stream may have as options. A field of the input replaces the option of its name. */
export interface RequestOptions {
  readonly systemInstruction?: Prompt | undefined;
  /** All other fields of the request, named as in the `config` of `@google/genai`. */
  readonly config?: GenaiConfig | undefined;
  /** The settings of the answer. They replace those of `config`. */
  readonly generationConfig?: GenerationConfig | undefined;
  readonly toolConfig?: ToolConfig | undefined;
  /**
   * Fields for the request body that this version does not name, or names differently. They are put into the body last:
   * objects are merged, any other value replaces the one in its place.
   * @defaultValue none
   */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
}

/** The body to send, and the options that the input had beside it. */
export interface NormalisedRequest {
  readonly body: GenerateContentRequest;
  readonly model: ModelChoice | undefined;
  readonly signal: AbortSignal | undefined;
  /** Of `config.httpOptions`. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly totalTimeoutMs: number | undefined;
}

/**
 * Returns the request body for an input. A field of the input comes before an option of the same name, and `options`
 * come before `defaults`; the fields of `generationConfig` and `toolConfig` are merged one by one.
 * @throws TypeError with the path to an invalid field
 */
export function normaliseRequest(
  input: StreamInput,
  options: RequestOptions = {},
  defaults: RequestOptions = {},
): NormalisedRequest {
  const given = readInput(input);
  const own = readOptions(options);
  const below = readOptions(defaults);
  const fields = withDefaults(given.fields, withDefaults(own.fields, below.fields));
  const extras = [below, own, given].map(({ extraBody }) => extraBody);
  const body = extras.reduce(withExtraBody, tidyRequest(fields));
  checkRequest(body);
  const signals = [given.signal, own.signal, below.signal].filter((signal) => signal !== undefined);
  const headers = { ...below.headers, ...own.headers, ...given.headers };
  return {
    body,
    model: given.model,
    signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
    headers: Object.keys(headers).length === 0 ? undefined : headers,
    totalTimeoutMs: given.totalTimeoutMs ?? own.totalTimeoutMs ?? below.totalTimeoutMs,
  };
}

function readOptions(options: RequestOptions): GenaiSettings {
  const { systemInstruction, generationConfig, toolConfig, config, extraBody } = options;
  const fields: Record<string, unknown> = {};
  if (systemInstruction !== undefined) fields['systemInstruction'] = systemInstruction;
  if (generationConfig !== undefined) fields['generationConfig'] = generationConfig;
  if (toolConfig !== undefined) fields['toolConfig'] = toolConfig;
  if (config === undefined) return { fields, signal: undefined, extraBody };
  const settings = fieldsOfGenaiConfig(config);
  const extra = extraBody === undefined ? settings.extraBody : withExtraBody(settings.extraBody ?? {}, extraBody);
  return { ...settings, fields: withDefaults(fields, settings.fields), extraBody: extra };
}

/**
 * Returns the same request body with a config in it, whose fields replace those of the body.
 * @throws TypeError with the path to an invalid field
 */
export function withConfig(body: GenerateContentRequest, config: GenaiConfig): GenerateContentRequest {
  const { fields, extraBody } = fieldsOfGenaiConfig(config);
  const own = withExtraBody(tidyRequest(withDefaults(fields, { ...body })), extraBody);
  checkRequest(own);
  return own;
}

/** Adds the fields that a request does not have, field by field in `generationConfig` and `toolConfig`. */
function withDefaults(body: Record<string, unknown>, defaults: Record<string, unknown>): Record<string, unknown> {
  const names = Object.keys(defaults);
  if (names.length === 0) return body;
  const merged = { ...body };
  for (const name of names) merged[name] ??= defaults[name];
  for (const name of ['generationConfig', 'toolConfig']) {
    if (isRecord(defaults[name]) && isRecord(body[name])) merged[name] = { ...defaults[name], ...body[name] };
  }
  return merged;
}

function readInput(input: StreamInput): GenaiSettings & { readonly model?: ModelChoice | undefined } {
  if (typeof input === 'string' || Array.isArray(input)) return prompted(input as Prompt);
  if (typeof input !== 'object' || input === null) {
    throw new TypeError(`expected a prompt or a request, got ${input === null ? 'null' : typeof input}`);
  }
  if (!('contents' in input)) {
    refuseForeignMessage(input, 'prompt');
    if (isPart(input) || isMessage(input)) return prompted(input);
    const hint = 'messages' in input ? ': messages are contents: [{ role, parts: [{ text }] }]' : '';
    throw new TypeError(`contents: expected a prompt or an array of contents, got undefined${hint}`);
  }
  const { model, config, contents, ...fields } = input as GenaiRequest;
  const settings = config === undefined ? undefined : fieldsOfGenaiConfig(config);
  const own = { contents: messagesOf(contents), ...fields };
  return { signal: undefined, ...settings, fields: withDefaults(own, settings?.fields ?? {}), model };
}

function prompted(prompt: Prompt): GenaiSettings {
  return { fields: { contents: contentsOf(prompt) }, signal: undefined };
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
