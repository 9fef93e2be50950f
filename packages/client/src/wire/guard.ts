import { isAbsent, isMissing } from './absent.ts';
import type { GenerateContentResponse } from './types.ts';

/**
 * Returns the fault of a chunk that would break the merge, or `undefined`. Unknown fields pass. Written by hand, because
 * a schema library costs most of a chunk's `JSON.parse` again.
 */
export function chunkProblem(chunk: unknown): string | undefined {
  if (!isRecord(chunk)) return `expected an object, got ${kindOf(chunk)}`;
  const { candidates, usageMetadata, promptFeedback } = chunk as Record<keyof GenerateContentResponse, unknown>;
  if (!isAbsent(usageMetadata) && !isRecord(usageMetadata)) return problem('usageMetadata', 'an object', usageMetadata);
  if (!isAbsent(promptFeedback)) {
    if (!isRecord(promptFeedback)) return problem('promptFeedback', 'an object', promptFeedback);
    const wrong = wrongField(promptFeedback, 'blockReason', 'string');
    if (wrong !== undefined) return `promptFeedback${wrong}`;
  }
  if (isMissing(candidates)) return undefined;
  if (!Array.isArray(candidates)) return problem('candidates', 'an array', candidates);
  const wrong = wrongItem(candidates, candidateProblem);
  return wrong === undefined ? undefined : `candidates${wrong}`;
}

function candidateProblem(candidate: unknown): string | undefined {
  if (!isRecord(candidate)) return problem('', 'an object', candidate);
  // Each by its own name: a loop over names costs more than all the rest of this check.
  const { index, content, finishReason, continuationToken } = candidate;
  const { citationMetadata, groundingMetadata, urlContextMetadata, logprobsResult } = candidate;
  if (!isMissing(index) && typeof index !== 'number') return problem('.index', 'a number', index);
  const wrong =
    wrongText('.finishReason', finishReason) ??
    wrongText('.continuationToken', continuationToken) ??
    wrongRecord('.citationMetadata', citationMetadata) ??
    wrongRecord('.groundingMetadata', groundingMetadata) ??
    wrongRecord('.urlContextMetadata', urlContextMetadata) ??
    wrongRecord('.logprobsResult', logprobsResult) ??
    wrongRecord('.content', content);
  if (wrong !== undefined || !isRecord(content)) return wrong;
  const { role, parts } = content;
  const wrongRole = wrongText('.content.role', role);
  if (wrongRole !== undefined || isMissing(parts)) return wrongRole;
  if (!Array.isArray(parts)) return problem('.content.parts', 'an array', parts);
  const wrongPart = wrongItem(parts, partProblem);
  return wrongPart === undefined ? undefined : `.content.parts${wrongPart}`;
}

function wrongText(path: string, value: unknown): string | undefined {
  return isMissing(value) || typeof value === 'string' ? undefined : problem(path, 'a string', value);
}

function wrongRecord(path: string, value: unknown): string | undefined {
  return isAbsent(value) || isRecord(value) ? undefined : problem(path, 'an object', value);
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields of a kind of part that must be strings if they are there. */
const textFields: Readonly<Record<string, readonly string[]>> = {
  inlineData: ['mimeType', 'data', 'displayName'],
  fileData: ['mimeType', 'fileUri', 'displayName'],
  executableCode: ['language', 'code'],
  codeExecutionResult: ['outcome', 'output'],
  functionCall: ['id', 'name'],
  toolCall: ['id', 'toolType'],
  toolResponse: ['id', 'toolType'],
  audioTranscription: ['text'],
};
const objectFields: Readonly<Record<string, string>> = { toolCall: 'args', toolResponse: 'response' };

/** Returns the fault of a part, or `undefined`. Unknown kinds of part pass. */
function partProblem(part: unknown): string | undefined {
  if (!isRecord(part)) return problem('', 'an object', part);
  for (const name in part) {
    const value = part[name];
    if (name === 'text' || name === 'thoughtSignature') {
      if (!isMissing(value) && typeof value !== 'string') return problem(`.${name}`, 'a string', value);
      continue;
    }
    const texts = textFields[name];
    if (texts === undefined || isAbsent(value)) continue;
    if (!isRecord(value)) return problem(`.${name}`, 'an object', value);
    for (const field of texts) {
      const wrong = wrongField(value, field, 'string');
      if (wrong !== undefined) return `.${name}${wrong}`;
    }
    const inner = objectFields[name];
    const wrong =
      inner === undefined ? name === 'functionCall' && callProblem(value) : wrongField(value, inner, 'object');
    if (wrong) return `.${name}${wrong}`;
  }
  return undefined;
}

function callProblem(call: Fields): string | undefined {
  const { partialArgs } = call;
  const wrongArgs = wrongField(call, 'args', 'object');
  if (wrongArgs !== undefined || isMissing(partialArgs)) return wrongArgs;
  if (!Array.isArray(partialArgs)) return problem('.partialArgs', 'an array', partialArgs);
  const wrong = wrongItem(partialArgs, pieceProblem);
  return wrong === undefined ? undefined : `.partialArgs${wrong}`;
}

function pieceProblem(piece: unknown): string | undefined {
  if (!isRecord(piece)) return problem('', 'an object', piece);
  return wrongField(piece, 'jsonPath', 'string') ?? wrongField(piece, 'stringValue', 'string');
}

/** Whether a value is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Describes a fault: the path to the value, the expected kind and the kind that came, never the value. Paths grow on the
 * way back (`.text: …` becomes `.parts[0].text: …`), so that a valid value costs none.
 */
export function problem(path: string, expected: string, got: unknown): string {
  return `${path}: expected ${expected}, got ${kindOf(got)}`;
}

/** Returns the fault of a field that may be absent. */
function wrongField(
  record: Readonly<Record<string, unknown>>,
  name: string,
  type: 'string' | 'object',
): string | undefined {
  const value = record[name];
  if (type === 'object' ? isAbsent(value) : isMissing(value)) return undefined;
  const isRight = type === 'object' ? isRecord(value) : typeof value === 'string';
  return isRight ? undefined : problem(`.${name}`, type === 'object' ? 'an object' : 'a string', value);
}

/** Returns the first fault of a list's items. */
export function wrongItem(
  items: readonly unknown[],
  problemOf: (item: unknown) => string | undefined,
): string | undefined {
  for (let index = 0; index < items.length; index += 1) {
    const found = problemOf(items[index]);
    if (found !== undefined) return `[${index}]${found}`;
  }
  return undefined;
}

/** Names the kind of a value. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : typeof value;
}

/**
 * Sets a field whose name came over the wire. A plain assignment to `__proto__` would change the prototype of the
 * object, where `JSON.parse` makes a field.
 */
export function setField(fields: object, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(fields, name, { value, writable: true, enumerable: true, configurable: true });
  } else (fields as Record<string, unknown>)[name] = value;
}

/**
 * The most levels of nested lists and objects, of 10,000 that the stack has room for. The API accepts 100: a deeper value
 * is a cycle, or an attack on the stack.
 */
export const maxLevels = 1_000;

/** Whether lists and objects are nested in more than `levels` levels. Recurses no deeper. */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const item of value) if (isNestedDeeper(item, levels - 1)) return true;
    return false;
  }
  const fields = value as Record<string, unknown>;
  for (const name in fields) if (isNestedDeeper(fields[name], levels - 1)) return true;
  return false;
}
