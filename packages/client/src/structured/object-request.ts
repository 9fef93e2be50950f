import type { GenerateContentRequest } from '../wire.ts';
import type { ReadSchema } from './read-schema.ts';

/** What a request may not say beside a schema. */
const excluded = ['responseSchema', 'responseJsonSchema'] as const;
const jsonMimeType = 'application/json';

/**
 * The same request, asking for JSON that fits the schema.
 * @throws TypeError for a request that asks for another form already
 */
export function objectRequest(request: GenerateContentRequest, { jsonSchema }: ReadSchema): GenerateContentRequest {
  const { generationConfig = {} } = request;
  for (const name of excluded) {
    if (generationConfig[name] !== undefined) {
      throw new TypeError(
        `generationConfig.${name}: expected none beside schema, got ${typeof generationConfig[name]}`,
      );
    }
  }
  const { responseMimeType = jsonMimeType } = generationConfig;
  if (responseMimeType !== jsonMimeType) {
    throw new TypeError(`generationConfig.responseMimeType: expected ${jsonMimeType}, got ${String(responseMimeType)}`);
  }
  return {
    ...request,
    generationConfig: { ...generationConfig, responseMimeType, responseJsonSchema: jsonSchema },
  };
}
