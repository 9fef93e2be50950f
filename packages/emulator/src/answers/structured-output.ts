import type { GenerateRequest } from '../wire/generate-request.ts';
import { promptOf } from '../wire/generate-request.ts';
import { isJsonObject, type JsonValue } from '../wire/json.ts';
import type { Random } from '../wire/random.ts';
import { schemaValue } from './schema-value.ts';

/** The text of an answer whose form the request sets (`responseMimeType`); `undefined` where it sets none. */
export function composeStructured(request: GenerateRequest, random: Random): string | undefined {
  const config = request.generationConfig;
  const type = config?.responseMimeType;
  const given = config?.responseJsonSchema ?? config?.responseSchema;
  if (type !== 'application/json' && type !== 'text/x.enum') return undefined;
  const schema = isJsonObject(given) ? given : { type: 'object', properties: { answer: { type: 'string' } } };
  const value: JsonValue = schemaValue(schema, { random, prompt: promptOf(request) });
  return type === 'text/x.enum' && typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}
