import type { JsonObject } from './json.ts';

/** One part of a content: exactly one data field, with flags such as `thought` and `thoughtSignature` beside it. */
export type Part = JsonObject;

/** What one chunk says about one candidate. Vertex leaves `index` out. */
export interface CandidateChunk {
  readonly content?: { readonly role?: string; readonly parts?: readonly Part[] } | undefined;
  readonly index?: number | undefined;
  readonly finishReason?: string | undefined;
  readonly finishMessage?: string | undefined;
  readonly continuationToken?: string | undefined;
  readonly groundingMetadata?: JsonObject | undefined;
  readonly urlContextMetadata?: JsonObject | undefined;
  readonly citationMetadata?: JsonObject | undefined;
  readonly safetyRatings?: readonly JsonObject[] | undefined;
}

/** One `GenerateContentResponse`: a chunk of a stream, or a whole answer. */
export interface ResponseChunk {
  readonly candidates?: readonly CandidateChunk[] | undefined;
  readonly promptFeedback?: JsonObject | undefined;
  readonly usageMetadata?: JsonObject | undefined;
  readonly createTime?: string | undefined;
  readonly modelVersion?: string | undefined;
  readonly responseId?: string | undefined;
}

/** A chunk with the time to wait before it is sent. */
export interface TimedChunk {
  readonly waitMs: number;
  readonly chunk: ResponseChunk;
}
