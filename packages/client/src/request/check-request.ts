import type { ZodMiniType } from 'zod/mini';
import { describeIssue, loadZod } from './schema-library.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Checks a request body before it is sent. What is plainly right passes without the schema library; all else is its to
 * judge.
 * @throws TypeError that names the field, what was expected there and what was got
 */
export function checkRequest(body: object): void {
  if (isPlainlyRight(body as Fields)) return;
  const result = requestSchema().safeParse(body);
  if (!result.success) throw new TypeError(describeIssue(result.error.issues, body));
}

/** Whether the schema surely accepts a body: it knows fewer shapes than the schema, and never more. */
export function isPlainlyRight(body: Fields): boolean {
  for (const name of Object.keys(body)) {
    const value = body[name];
    if (name === 'contents') {
      if (!Array.isArray(value) || value.length === 0 || !value.every(isContent)) return false;
    } else if (name === 'systemInstruction') {
      if (!isContent(value)) return false;
    } else if (name === 'generationConfig') {
      if (!isFields(value) || !isGenerationConfig(value)) return false;
    } else if (name === 'tools' || name === 'safetySettings') {
      if (!Array.isArray(value) || !value.every(isFields)) return false;
    } else if (name === 'toolConfig') {
      if (!isFields(value)) return false;
    } else if (name === 'labels') {
      if (!isFields(value) || !Object.values(value).every((label) => typeof label === 'string')) return false;
    } else if (name === 'cachedContent' || name === 'continuationToken') {
      if (typeof value !== 'string') return false;
    }
  }
  return Object.hasOwn(body, 'contents');
}

function isContent(content: unknown): boolean {
  if (!isFields(content)) return false;
  const { role, parts } = content;
  return isTextOrNone(role) && Array.isArray(parts) && parts.length > 0 && parts.every(isPart);
}

// A part of text alone, or the commonest of the others; the schema sees to the rest.
function isPart(part: unknown): boolean {
  if (!isFields(part)) return false;
  for (const name of Object.keys(part)) {
    const value = part[name];
    if (name === 'text' || name === 'thoughtSignature') {
      if (typeof value !== 'string') return false;
    } else if (name === 'thought') {
      if (typeof value !== 'boolean') return false;
    } else if (name === 'inlineData') {
      if (!isFields(value) || typeof value['data'] !== 'string' || typeof value['mimeType'] !== 'string') return false;
    } else if (name === 'functionCall' || name === 'functionResponse') {
      if (!isFields(value) || !isTextOrNone(value['id']) || !isTextOrNone(value['name'])) return false;
      const inner = name === 'functionCall' ? value['args'] : value['response'];
      if (inner !== undefined && !isFields(inner)) return false;
    } else return false;
  }
  return true;
}

function isGenerationConfig(config: Fields): boolean {
  const { stopSequences } = config;
  if (stopSequences !== undefined) return false;
  return numberFields.every((name) => config[name] === undefined || Number.isFinite(config[name]));
}

function isTextOrNone(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

// A plain object: the schema takes no other for a record.
function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The fields of `generationConfig` that are numbers. */
const numberFields = [
  'temperature',
  'topP',
  'topK',
  'candidateCount',
  'maxOutputTokens',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'logprobs',
] as const;

let schema: ZodMiniType | undefined;

/** What a request body must be. Only what the API is known to want is looked at: fields without a name here pass. */
export function requestSchema(): ZodMiniType {
  schema ??= makeSchema();
  return schema;
}

function makeSchema(): ZodMiniType {
  const z = loadZod();
  const text = z.optional(z.string());
  const fields = z.optional(z.record(z.string(), z.unknown()));
  const part = z.looseObject({
    text,
    thought: z.optional(z.boolean()),
    thoughtSignature: text,
    functionCall: z.optional(z.looseObject({ id: text, name: text, args: fields })),
    functionResponse: z.optional(z.looseObject({ id: text, name: text, response: fields })),
    inlineData: z.optional(z.looseObject({ mimeType: z.string(), data: z.string() })),
    fileData: z.optional(z.looseObject({ mimeType: text, fileUri: z.string() })),
  });
  const content = z.looseObject({ role: text, parts: z.array(part).check(z.minLength(1)) });
  const numbers = Object.fromEntries(numberFields.map((name) => [name, z.optional(z.number())]));
  return z.looseObject({
    contents: z.array(content).check(z.minLength(1)),
    systemInstruction: z.optional(content),
    tools: z.optional(z.array(z.looseObject({}))),
    toolConfig: fields,
    safetySettings: z.optional(z.array(z.looseObject({}))),
    generationConfig: z.optional(z.looseObject({ ...numbers, stopSequences: z.optional(z.array(z.string())) })),
    cachedContent: text,
    labels: z.optional(z.record(z.string(), z.string())),
    continuationToken: text,
  });
}
