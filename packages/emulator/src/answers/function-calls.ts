import { GoogleError } from '../wire/google-error.ts';
import { isJsonObject, type JsonObject, type JsonValue, textOr } from '../wire/json.ts';
import { type Random, randomBase64 } from '../wire/random.ts';
import { type GenerateRequest, lastUserContent, promptOf } from '../wire/request.ts';
import { splitTokens } from '../wire/response.ts';
import type { AnswerPiece } from './answer.ts';
import { schemaValue } from './schema-value.ts';
import { signsCalls } from './thoughts.ts';

/** A function call of an answer. */
interface PlannedCall {
  readonly id?: string | undefined;
  readonly name: string;
  readonly args: JsonObject;
}

/** Plans calls of the functions that the prompt's words match best. Mode ANY gives at least one call. */
export function planCalls(request: GenerateRequest, random: Random): readonly PlannedCall[] {
  const config = isJsonObject(request.toolConfig?.['functionCallingConfig'])
    ? request.toolConfig['functionCallingConfig']
    : {};
  const mode = textOr(config['mode'], 'AUTO').toUpperCase();
  const declared = declarationsOf(request, config['allowedFunctionNames']);
  if (mode === 'NONE' || declared.length === 0 || functionResponsesOf(request).length > 0) return [];
  const prompt = promptOf(request);
  const asked = wordsOf(prompt);
  const ranked = declared
    .map((declaration) => ({ declaration, score: overlap(asked, declaration) }))
    .toSorted((left, right) => right.score - left.score);
  const best = ranked[0]?.score ?? 0;
  const chosen = best > 0 ? ranked.filter(({ score }) => score === best) : mode === 'ANY' ? ranked.slice(0, 1) : [];
  return chosen.map(({ declaration }) => ({
    id: randomBase64(random, 6).replaceAll(/[+/]/gu, 'x'),
    name: textOr(declaration['name'], ''),
    args: argumentsFor(declaration, prompt, random),
  }));
}

/** Returns the function results in the last turn. */
export function functionResponsesOf(request: GenerateRequest): readonly JsonObject[] {
  const parts = lastUserContent(request)?.parts ?? [];
  return parts.map((part) => part['functionResponse']).filter(isJsonObject);
}

function declarationsOf(request: GenerateRequest, allowed: JsonValue | undefined): readonly JsonObject[] {
  const declared = (request.tools ?? []).flatMap((tool) => tool['functionDeclarations'] ?? []).filter(isJsonObject);
  if (!Array.isArray(allowed) || allowed.length === 0) return declared;
  return declared.filter((declaration) => allowed.includes(textOr(declaration['name'], '')));
}

function argumentsFor(declaration: JsonObject, prompt: string, random: Random): JsonObject {
  const schema = declaration['parametersJsonSchema'] ?? declaration['parameters'];
  const value = isJsonObject(schema) ? schemaValue(schema, { random, prompt }) : {};
  return isJsonObject(value) ? value : {};
}

const common = new Set([
  'the',
  'and',
  'for',
  'with',
  'get',
  'set',
  'from',
  'this',
  'that',
  'what',
  'how',
  'can',
  'you',
  'are',
  'current',
  'given',
]);

function wordsOf(text: string): ReadonlySet<string> {
  const split = text.replaceAll(/([a-z])([A-Z])/gu, '$1 $2').toLowerCase();
  return new Set((split.match(/\p{L}{3,}/gu) ?? []).filter((word) => !common.has(word)));
}

function overlap(asked: ReadonlySet<string>, declaration: JsonObject): number {
  const named = wordsOf(textOr(declaration['name'], ''));
  const described = wordsOf(textOr(declaration['description'], ''));
  // A word of the name counts more than one of the description.
  return [...asked].reduce((sum, word) => sum + (named.has(word) ? 3 : described.has(word) ? 1 : 0), 0);
}

/** Returns a call as one part. */
export function wholeCall({ id, name, args }: PlannedCall, signature: string | undefined): AnswerPiece {
  const functionCall: JsonObject = { ...(id === undefined ? {} : { id }), name, args };
  return piece(functionCall, signature);
}

/** Yields a call with streamed arguments: first its name, then `partialArgs`, last an empty call. */
export function* streamedCall({ id, name, args }: PlannedCall, signature: string | undefined): Generator<AnswerPiece> {
  yield piece({ ...(id === undefined ? {} : { id }), name, willContinue: true }, signature);
  for (const partial of partialArgs(args, '$')) yield piece({ partialArgs: [partial], willContinue: true });
  yield piece({});
}

function piece(functionCall: JsonObject, signature?: string): AnswerPiece {
  const part = signature === undefined ? { functionCall } : { functionCall, thoughtSignature: signature };
  return { parts: [part], tokens: splitTokens(JSON.stringify(functionCall)).length };
}

function* partialArgs(value: JsonValue | undefined, jsonPath: string): Generator<JsonObject> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* partialArgs(item as JsonValue, `${jsonPath}[${index}]`);
  } else if (isJsonObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      // RFC 9535: brackets enclose a name that is not an identifier.
      const step = /^[A-Za-z_]\w*$/u.test(name) ? `.${name}` : `['${name.replaceAll(/['\\]/gu, String.raw`\$&`)}']`;
      yield* partialArgs(item, `${jsonPath}${step}`);
    }
  } else if (typeof value === 'string') {
    for (const stringValue of splitTokens(value)) yield { jsonPath, stringValue, willContinue: true };
    yield { jsonPath, stringValue: '' };
  } else if (typeof value === 'number') {
    yield { jsonPath, numberValue: value };
  } else if (typeof value === 'boolean') {
    yield { jsonPath, boolValue: value };
  } else {
    yield { jsonPath, nullValue: 'NULL_VALUE' };
  }
}

/**
 * Checks the history if the model signs its calls: the first call in each of its turns since the user's last text must
 * have its signature.
 * @throws GoogleError `INVALID_ARGUMENT`
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
