import { type Check, aBoolean, aNumber, aString, anObject, expectValid, listOf, objectOf } from '../check.ts';
import { objectWith, optional } from '../check.ts';

const text = optional(aString);

const part = objectWith({
  text,
  thought: optional(aBoolean),
  thoughtSignature: text,
  functionCall: optional(objectWith({ id: text, name: text, args: optional(anObject) })),
  functionResponse: optional(objectWith({ id: text, name: text, response: optional(anObject) })),
  inlineData: optional(objectWith({ mimeType: aString, data: aString })),
  fileData: optional(objectWith({ mimeType: text, fileUri: aString })),
});

const content = objectWith({ role: text, parts: listOf(part, 1) });

const numbers = [
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

const generationConfig = objectWith({
  ...Object.fromEntries(numbers.map((name) => [name, optional(aNumber)])),
  stopSequences: optional(listOf(aString)),
});

/** The messages of a conversation. */
export const contentsCheck: Check = listOf(content);

const request = objectWith({
  contents: listOf(content, 1),
  systemInstruction: optional(content),
  tools: optional(listOf(anObject)),
  toolConfig: optional(anObject),
  safetySettings: optional(listOf(anObject)),
  generationConfig: optional(generationConfig),
  cachedContent: text,
  labels: optional(objectOf(aString)),
  continuationToken: text,
});

/**
 * Checks a request body before it is sent. Fields without a name here pass: the API judges them.
 * @throws TypeError with the path to the fault, the expected kind and the kind that came
 */
export function checkRequest(body: object): void {
  expectValid(request, body);
}
