import type { ZodMiniType } from 'zod/mini';
import { loadZod } from './load-zod.ts';

/** The fields of `generationConfig` that are numbers. */
export const numberFields = [
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
