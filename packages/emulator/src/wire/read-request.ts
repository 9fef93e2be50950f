import type { GenerateRequest } from './generate-request.ts';
import { GoogleError } from './google-error.ts';
import { isJsonObject, type JsonObject } from './json.ts';

/** The JSON object of a request body. Throws `INVALID_ARGUMENT` for anything else. */
export function readJsonBody(body: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new GoogleError('INVALID_ARGUMENT', 'Invalid JSON payload received. Unexpected token.');
  }
  if (!isJsonObject(value))
    throw new GoogleError('INVALID_ARGUMENT', 'Invalid JSON payload received. Expected an object.');
  return value;
}

/** The checked request of a body. Throws the API's own errors. */
export function readGenerateRequest(body: JsonObject): GenerateRequest {
  const contents = body['contents'];
  if (!Array.isArray(contents) || contents.length === 0) {
    throw new GoogleError('INVALID_ARGUMENT', '* GenerateContentRequest.contents: contents is not specified\n');
  }
  return body as unknown as GenerateRequest;
}
