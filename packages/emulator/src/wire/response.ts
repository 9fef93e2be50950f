import { isJsonObject, type JsonObject, textOr } from './json.ts';
import { type WireStep, writeText } from './reply.ts';

/** One part of a content: exactly one data field, with flags such as `thought` and `thoughtSignature` beside it. */
export type Part = JsonObject;

/** The part of a chunk for one candidate. Vertex leaves `index` out. */
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

/** The encoding of chunks: the frame of each, and the end of the body. */
export interface EventFormat {
  readonly contentType: string;
  event(chunk: ResponseChunk, index: number): string;
  /** Returns the text after the last of `count` events. */
  close(count: number): string;
}

/** Server-sent events as the API writes them: one `data:` line, CRLF, a blank line, no sentinel. */
export const serverSentEvents: EventFormat = {
  contentType: 'text/event-stream',
  event: (chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`,
  close: () => '',
};

/** One JSON array, streamed, with pretty-printed items: the answer of the API without `alt=sse`. */
export const jsonArray: EventFormat = {
  contentType: 'application/json; charset=UTF-8',
  event: (chunk, index) => `${index === 0 ? '[' : ',\r\n'}${JSON.stringify(chunk, undefined, 2)}\n`,
  close: (count) => (count === 0 ? '[]\n' : ']\n'),
};

/** Yields the wire steps of a stream of chunks: one write for each event. */
export function* encodeChunks(chunks: Iterable<TimedChunk>, format: EventFormat): Generator<WireStep> {
  let count = 0;
  for (const { waitMs, chunk } of chunks) {
    if (waitMs > 0) yield { type: 'wait', ms: waitMs };
    yield writeText(format.event(chunk, count));
    count += 1;
  }
  const end = format.close(count);
  if (end !== '') yield writeText(end);
}

/** Merges the chunks of one answer into the response of `generateContent`. */
export function mergeChunks(chunks: Iterable<ResponseChunk>): ResponseChunk {
  let merged: ResponseChunk = {};
  const candidates = new Map<number, CandidateChunk>();
  for (const chunk of chunks) {
    merged = { ...merged, ...chunk };
    for (const candidate of chunk.candidates ?? []) {
      const before = candidates.get(candidate.index ?? 0);
      const parts = joinParts([...(before?.content?.parts ?? []), ...(candidate.content?.parts ?? [])]);
      candidates.set(candidate.index ?? 0, { ...before, ...candidate, content: { parts, role: 'model' } });
    }
  }
  const { candidates: _, ...rest } = merged;
  return candidates.size === 0 ? rest : { candidates: [...candidates.values()], ...rest };
}

function joinParts(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last !== undefined && isPlainText(last) && isText(part) && last['thought'] === part['thought']) {
      // A signature stays on its part; plain text before it may be joined to it.
      joined[joined.length - 1] = { ...last, ...part, text: textOr(last['text'], '') + textOr(part['text'], '') };
    } else {
      joined.push(part);
    }
  }
  return joined;
}

function isText(part: Part): boolean {
  return typeof part['text'] === 'string';
}

function isPlainText(part: Part): boolean {
  return isText(part) && part['thoughtSignature'] === undefined;
}

/** The tokens of one image. */
const mediaTokens = 258;

/** Splits a text into tokens of at most eight characters and the spaces before them. */
export function splitTokens(text: string): readonly string[] {
  return text.match(/\s*\S{1,8}|\s+$/gu) ?? [];
}

/** Counts the tokens of one part: of its text, of the JSON of its call, or a fixed number for media. */
export function countPartTokens(part: Part): number {
  if (typeof part['text'] === 'string') return splitTokens(part['text']).length;
  if (isJsonObject(part['inlineData']) || isJsonObject(part['fileData'])) return mediaTokens;
  return splitTokens(JSON.stringify(part)).length;
}
