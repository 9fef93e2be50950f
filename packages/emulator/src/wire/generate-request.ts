import type { JsonObject } from './json.ts';
import type { Part } from './response-chunk.ts';

/** One turn of a conversation. */
export interface Content {
  readonly role?: string | undefined;
  readonly parts?: readonly Part[] | undefined;
}

/** The part of `generationConfig` that changes what the emulator answers. */
export interface GenerationConfig {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly candidateCount?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly stopSequences?: readonly string[] | undefined;
  readonly responseMimeType?: string | undefined;
  readonly responseSchema?: JsonObject | undefined;
  readonly responseJsonSchema?: JsonObject | undefined;
  readonly responseModalities?: readonly string[] | undefined;
  readonly seed?: number | undefined;
  readonly thinkingConfig?: JsonObject | undefined;
}

/** A `GenerateContentRequest` in camelCase, after it was read and checked. */
export interface GenerateRequest {
  readonly contents: readonly Content[];
  readonly systemInstruction?: Content | undefined;
  readonly tools?: readonly JsonObject[] | undefined;
  readonly toolConfig?: JsonObject | undefined;
  readonly generationConfig?: GenerationConfig | undefined;
  readonly continuationToken?: string | undefined;
}

/** The text of a content: its text parts that are no thoughts, joined. */
export function textOf(content: Content | undefined): string {
  const parts = content?.parts ?? [];
  return parts
    .map((part) => (typeof part['text'] === 'string' && part['thought'] !== true ? part['text'] : ''))
    .join('');
}

/** The last turn that is not the model's. */
export function lastUserContent(request: GenerateRequest): Content | undefined {
  return request.contents.findLast((content) => content.role !== 'model');
}

/** The text of the last turn that is not the model's: what the answer is about. */
export function promptOf(request: GenerateRequest): string {
  return textOf(lastUserContent(request)).trim();
}
