import { type GenerateRequest, lastUserContent, promptOf } from '../wire/generate-request.ts';
import { isJsonObject, type JsonObject, type JsonValue, textOr } from '../wire/json.ts';
import { randomBase64, type Random } from '../wire/random.ts';
import { schemaValue } from './schema-value.ts';

/** A call that the answer makes. */
export interface PlannedCall {
  readonly id?: string | undefined;
  readonly name: string;
  readonly args: JsonObject;
}

/** The functions a prompt makes the emulator call: those whose words it uses, at least one where the mode is ANY. */
export function planCalls(request: GenerateRequest, random: Random): readonly PlannedCall[] {
  const config = isJsonObject(request.toolConfig?.['functionCallingConfig'])
    ? request.toolConfig['functionCallingConfig']
    : {};
  const mode = textOr(config['mode'], 'AUTO').toUpperCase();
  const declared = declarationsOf(request, config['allowedFunctionNames']);
  if (mode === 'NONE' || declared.length === 0 || hasResponses(request)) return [];
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

/** What functions answered in the last turn, if it was their turn. */
export function functionResponsesOf(request: GenerateRequest): readonly JsonObject[] {
  const parts = lastUserContent(request)?.parts ?? [];
  return parts.map((part) => part['functionResponse']).filter(isJsonObject);
}

function hasResponses(request: GenerateRequest): boolean {
  return functionResponsesOf(request).length > 0;
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
  // A word of the name says more than one of the description.
  return [...asked].reduce((sum, word) => sum + (named.has(word) ? 3 : described.has(word) ? 1 : 0), 0);
}
