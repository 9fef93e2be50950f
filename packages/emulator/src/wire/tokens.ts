import type { GenerateRequest } from './generate-request.ts';
import { isJsonObject } from './json.ts';
import type { Part } from './response-chunk.ts';

/** What the API counts for one image. */
const mediaTokens = 258;

/** Splits a text into tokens of at most eight characters, a leading space included; joined they are the text again. */
export function splitTokens(text: string): readonly string[] {
  return text.match(/\s*\S{1,8}|\s+$/gu) ?? [];
}

/** Tokens of one part: of its text, of the JSON of its call, or a fixed number for media. */
export function countPartTokens(part: Part): number {
  if (typeof part['text'] === 'string') return splitTokens(part['text']).length;
  if (isJsonObject(part['inlineData']) || isJsonObject(part['fileData'])) return mediaTokens;
  return splitTokens(JSON.stringify(part)).length;
}

/** Tokens of everything a request makes the model read. */
export function countPromptTokens(request: GenerateRequest): number {
  const contents = [...request.contents, ...(request.systemInstruction ? [request.systemInstruction] : [])];
  const parts = contents.flatMap((content) => content.parts ?? []).map(countPartTokens);
  const tools = request.tools === undefined ? 0 : splitTokens(JSON.stringify(request.tools)).length;
  return Math.max(
    1,
    parts.reduce((sum, tokens) => sum + tokens, tools),
  );
}
