import { GoogleError } from './google-error.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { readMessage } from './read-message.ts';
import { countPartTokens, type Part, splitTokens } from './response.ts';

/** One turn of a conversation. */
export interface Content {
  readonly role?: string | undefined;
  readonly parts?: readonly Part[] | undefined;
}

/** The fields of `generationConfig` that change the answer. */
export interface GenerationConfig {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly candidateCount?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly stopSequences?: readonly string[] | undefined;
  readonly responseMimeType?: string | undefined;
  readonly responseSchema?: JsonObject | undefined;
  readonly responseJsonSchema?: JsonObject | undefined;
  readonly responseModalities?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  readonly thinkingConfig?: JsonObject | undefined;
}

/** A checked `GenerateContentRequest` in camelCase. */
export interface GenerateRequest {
  readonly contents: readonly Content[];
  readonly systemInstruction?: Content | undefined;
  readonly tools?: readonly JsonObject[] | undefined;
  readonly toolConfig?: JsonObject | undefined;
  readonly generationConfig?: GenerationConfig | undefined;
  readonly continuationToken?: string | undefined;
}

/** Returns the text of a content, without thoughts. */
export function textOf(content: Content | undefined): string {
  const parts = content?.parts ?? [];
  return parts
    .map((part) => (typeof part['text'] === 'string' && part['thought'] !== true ? part['text'] : ''))
    .join('');
}

/** Returns the last content of the user or a function. */
export function lastUserContent(request: GenerateRequest): Content | undefined {
  return request.contents.findLast((content) => content.role !== 'model');
}

/** Returns the text of the last content of the user or a function. */
export function promptOf(request: GenerateRequest): string {
  return textOf(lastUserContent(request)).trim();
}

/**
 * Parses the JSON object of a request body.
 * @throws GoogleError `INVALID_ARGUMENT` for a body that is not a JSON object
 */
export function readJsonBody(body: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = body.byteLength === 0 ? {} : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new GoogleError('INVALID_ARGUMENT', 'Invalid JSON payload received. Unexpected token.');
  }
  if (!isJsonObject(value)) {
    throw new GoogleError('INVALID_ARGUMENT', 'Invalid JSON payload received. Expected an object at the root.');
  }
  return value;
}

/**
 * Reads and checks a request.
 * @throws GoogleError for a request that the API refuses
 */
export function readGenerateRequest(body: JsonObject): GenerateRequest {
  const request = readMessage('GenerateContentRequest', body) as unknown as GenerateRequest;
  checkRequest(request, 'GenerateContentRequest');
  return request;
}

/** Reads and checks a `countTokens` request, which may be wrapped in `generateContentRequest`. */
export function readCountRequest(body: JsonObject): GenerateRequest {
  const request = readMessage('CountTokensRequest', body);
  const inner = isJsonObject(request['generateContentRequest']) ? request['generateContentRequest'] : request;
  checkRequest(inner as unknown as GenerateRequest, 'CountTokensRequest');
  return inner as unknown as GenerateRequest;
}

function checkRequest(request: GenerateRequest, message: string): void {
  if (!Array.isArray(request.contents) || request.contents.length === 0) {
    throw invalid(`* ${message}.contents: contents is not specified\n`);
  }
  for (const [index, content] of request.contents.entries()) checkContent(content, `${message}.contents[${index}]`);
  if (request.generationConfig !== undefined) checkConfig(request.generationConfig, `${message}.generation_config`);
}

const roles = ['user', 'model', 'function', 'tool'];
const dataFields = `text inlineData fileData functionCall functionResponse executableCode codeExecutionResult
  toolCall toolResponse audioTranscription`.split(/\s+/u);

function checkContent(content: Content, path: string): void {
  if (content.role !== undefined && !roles.includes(content.role))
    throw invalid('Please use a valid role: user, model.');
  if (content.parts === undefined || content.parts.length === 0) {
    throw invalid(`* ${path}.parts: contents.parts must not be empty.\n`);
  }
  for (const [index, part] of content.parts.entries()) {
    if (!dataFields.some((field) => field in part) && part['thoughtSignature'] === undefined) {
      throw invalid(`* ${path}.parts[${index}].data: required oneof field 'data' must have one initialized field\n`);
    }
  }
}

const ranges = [
  ['temperature', 0, 2],
  ['topP', 0, 1],
  ['candidateCount', 1, 8],
  ['maxOutputTokens', 1, 1_000_000],
] as const;
const mimeTypes = ['text/plain', 'application/json', 'application/xml', 'application/yaml', 'text/x.enum'];

function checkConfig(config: GenerationConfig, path: string): void {
  for (const [field, low, high] of ranges) {
    const value = config[field];
    if (value === undefined || (value >= low && value <= high)) continue;
    const name = field.replaceAll(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
    throw invalid(`* ${path}.${name}: ${name} must be in the range [${low}, ${high}].\n`);
  }
  if (config.responseMimeType !== undefined && !mimeTypes.includes(config.responseMimeType)) {
    throw invalid(
      `* ${path}.response_mime_type: allowed mimetypes are ${mimeTypes.map((type) => `\`${type}\``).join(', ')}.\n`,
    );
  }
}

function invalid(message: string): GoogleError {
  return new GoogleError('INVALID_ARGUMENT', message);
}

/** Counts the tokens of the contents, the system instruction and the tools. */
export function countPromptTokens(request: GenerateRequest): number {
  const contents = [...request.contents, ...(request.systemInstruction ? [request.systemInstruction] : [])];
  const parts = contents.flatMap((content) => content.parts ?? []).map(countPartTokens);
  const tools = request.tools === undefined ? 0 : splitTokens(JSON.stringify(request.tools)).length;
  return Math.max(
    1,
    parts.reduce((sum, tokens) => sum + tokens, tools),
  );
}
