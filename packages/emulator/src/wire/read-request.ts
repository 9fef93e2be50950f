import type { Content, GenerateRequest, GenerationConfig } from './generate-request.ts';
import { GoogleError } from './google-error.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { readMessage } from './read-message.ts';

/** The JSON object of a request body. Throws `INVALID_ARGUMENT` for anything else. */
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

/** The checked request of a body. Throws the API's own errors. */
export function readGenerateRequest(body: JsonObject): GenerateRequest {
  const request = readMessage('GenerateContentRequest', body) as unknown as GenerateRequest;
  checkRequest(request, 'GenerateContentRequest');
  return request;
}

/** The request whose tokens are to be counted; it may be wrapped in `generateContentRequest`. */
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
