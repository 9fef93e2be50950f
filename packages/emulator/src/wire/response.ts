import { isJsonObject, type JsonObject, textOr } from './json.ts';
import { type WireStep, writeText } from './reply.ts';

/** One part of a content: one data field, with optional fields such as `thought` and `thoughtSignature`. */
export type Part = JsonObject;

/** The part of a chunk for one candidate. Vertex omits `index` for the first. */
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

/** Any payload of an event, with the time to wait before it is sent. */
export interface TimedPayload {
  readonly waitMs: number;
  readonly chunk: object;
}

/** The encoding of a stream: of each chunk, and of the end of the body. */
export interface EventFormat {
  readonly contentType: string;
  event(chunk: object, index: number): string;
  /** Returns the text after the last of `count` events. */
  close(count: number): string;
}

/** Server-sent events as the API writes them: one `data:` line and a blank line, ended by CRLF, without an end marker. */
export const serverSentEvents: EventFormat = {
  contentType: 'text/event-stream',
  event: (chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`,
  close: () => '',
};

/** A streamed JSON array with pretty-printed items, as the API sends it without `alt=sse`. */
export const jsonArray: EventFormat = {
  contentType: 'application/json; charset=UTF-8',
  event: (chunk, index) => `${index === 0 ? '[' : ',\r\n'}${JSON.stringify(chunk, undefined, 2)}\n`,
  close: (count) => (count === 0 ? '[]\n' : ']\n'),
};

/** Yields the wire steps of a stream of chunks: one write for each event. */
export function* encodeChunks(chunks: Iterable<TimedPayload>, format: EventFormat): Generator<WireStep> {
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
      // A signature stays on its part. Plain text before that part may be joined to it.
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

/** The number of tokens of one image or file. */
const mediaTokens = 258;

/** Splits a text into tokens of at most eight characters, each with the white space before it. */
export function splitTokens(text: string): readonly string[] {
  return text.match(/\s*\S{1,8}|\s+$/gu) ?? [];
}

/** Counts the tokens of one part: those of its text or its JSON, or a fixed number for media. */
export function countPartTokens(part: Part): number {
  if (typeof part['text'] === 'string') return splitTokens(part['text']).length;
  if (isJsonObject(part['inlineData']) || isJsonObject(part['fileData'])) return mediaTokens;
  return splitTokens(JSON.stringify(part)).length;
}
