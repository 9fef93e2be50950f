import type { GenerateRequest } from '../wire/generate-request.ts';
import { GoogleError } from '../wire/google-error.ts';
import { isJsonObject, textOr } from '../wire/json.ts';
import { signsCalls } from './thoughts.ts';

/**
 * Throws `INVALID_ARGUMENT` where the first function call of a model's turn, since the user last spoke, came back
 * without its signature. Models before Gemini 3 do not mind.
 */
export function checkSignatures(request: GenerateRequest, modelVersion: string): void {
  if (!signsCalls(modelVersion)) return;
  const spoken = request.contents.findLastIndex(
    (content) => content.role !== 'model' && content.parts?.some((part) => 'text' in part) === true,
  );
  for (const [index, content] of request.contents.entries()) {
    if (index < spoken || content.role !== 'model') continue;
    const first = content.parts?.find((part) => isJsonObject(part['functionCall']));
    if (first === undefined || first['thoughtSignature'] !== undefined) continue;
    const name = isJsonObject(first['functionCall']) ? textOr(first['functionCall']['name'], '') : '';
    throw new GoogleError(
      'INVALID_ARGUMENT',
      `Function call is missing a thought_signature in functionCall parts: content ${index}, function ${name}.`,
    );
  }
}
