import { GeminiError } from '../errors.ts';
import type { EmitEvent } from '../types.ts';
import { isAbsent, withoutAbsent } from '../wire/absent.ts';
import type { Candidate, GenerateContentResponse, PromptFeedback, UsageMetadata } from '../wire/types.ts';
import { CandidateMerger } from './merge-candidate.ts';
import { jsonLength } from './sizes.ts';

/** The most candidates that a response may have. Gemini takes 8 as `candidateCount`. */
const maxCandidates = 128;

/**
 * Grows one response from the chunks of a stream, field by field: candidates are kept apart by `index` (absent is 0);
 * token counts are running totals of a request and add up over requests; of every other field the latest value is kept.
 */
export class ResponseMerger {
  /** The response so far. It keeps growing: copy it to keep a moment. */
  readonly response: GenerateContentResponse = {};
  /** The amount of content so far. It grows with each new piece, and with nothing else. */
  size = 0;
  /** The token counts of the present request alone. */
  requestUsage: UsageMetadata | undefined;
  /** The last token counts came with the finish reason, or after it. */
  isUsageFinal = false;
  #earlierUsage: UsageMetadata | undefined;
  readonly #keepContent: boolean;
  // Most answers have one candidate.
  #first: CandidateMerger | undefined;
  #mergers: Map<number, CandidateMerger> | undefined;
  // The payloads of all chunks; if no content is kept, the fields of the response.
  #heldLength = 0;
  #usageLength = 0;

  /** With `keepContent: false` all events are emitted, and no content of the candidates is kept. */
  constructor(keepContent = true) {
    this.#keepContent = keepContent;
  }

  /**
   * The most that the response may hold, in characters: the payloads of all chunks, and the places that pieces of
   * arguments expand to. Without content: the fields and open calls that are still held.
   */
  get heldLength(): number {
    if (this.#mergers === undefined) return this.#heldLength + (this.#first?.heldLength ?? 0);
    let length = this.#heldLength;
    for (const merger of this.#mergers.values()) length += merger.heldLength;
    return length;
  }

  /**
   * Adds a chunk and emits its events, in the order of its parts. `length` is that of its payload, in characters.
   * @throws GeminiError `response-too-large` for more candidates or token counts than any answer has
   */
  add(chunk: GenerateContentResponse, emit: EmitEvent, length = 0): void {
    if (this.#keepContent) this.#heldLength += length;
    const response = this.response as Record<string, unknown>;
    const fields = chunk as Record<string, unknown>;
    for (const name in fields) {
      const value = fields[name];
      if (name === 'candidates' || name === 'usageMetadata' || isAbsent(value)) continue;
      if (name === 'promptFeedback') {
        this.#setPromptFeedback(value);
        continue;
      }
      // Assigned, this name would change the prototype, and fields that no chunk has would seem to exist.
      if (name === '__proto__') continue;
      // Most are the same in every chunk: the first one is kept, so that the new one is freed with its chunk.
      if (response[name] !== value) this.#setField(name, value);
    }
    const { candidates } = chunk;
    if (candidates) for (const added of candidates) this.size += this.#mergerOf(added.index ?? 0).add(added, emit);
    if (isAbsent(chunk.usageMetadata)) return;
    const usageMetadata = withNumbers(chunk.usageMetadata);
    this.isUsageFinal = this.response.candidates?.every(isFinished) ?? this.response.promptFeedback !== undefined;
    // Some servers repeat the same counts with every chunk.
    if (tellsNothingNew(this.requestUsage, usageMetadata)) return;
    this.requestUsage = latestUsage(this.requestUsage, usageMetadata);
    const usage = sumUsage(this.#earlierUsage, this.requestUsage) ?? this.requestUsage;
    checkUsage(usage);
    this.#setUsage(usage);
    emit({ type: 'usage', usage });
  }

  /** Continues the answer in another request: its token counts are added, and the handover does not end the answer. */
  nextAttempt(): void {
    this.#earlierUsage = this.response.usageMetadata;
    this.requestUsage = undefined;
    this.isUsageFinal = false;
    for (const candidate of this.response.candidates ?? []) {
      delete candidate.finishReason;
      delete candidate.continuationToken;
    }
  }

  /** Whether a candidate has something to use: text that is no thought, a call, a file, code or a result. */
  get hasContent(): boolean {
    return this.#candidates().some((merger) => merger.hasContent);
  }

  /** Emits what was held back. The calls that are still open end only if the answer is whole. */
  finish(emit: EmitEvent, isWhole: boolean): void {
    for (const merger of this.#candidates()) {
      merger.flush(emit);
      if (isWhole) merger.finish(emit);
    }
  }

  /** Returns the answer text of the first candidate so far, without thoughts. */
  text(): string {
    const parts = this.response.candidates?.find(({ index }) => index === 0)?.content?.parts ?? [];
    return parts.map((part) => (part.thought ? '' : (part.text ?? ''))).join('');
  }

  #candidates(): readonly CandidateMerger[] {
    if (this.#mergers !== undefined) return [...this.#mergers.values()];
    return this.#first === undefined ? [] : [this.#first];
  }

  /** Keeps the reason of an earlier chunk if a later one has none. */
  #setPromptFeedback(feedback: PromptFeedback): void {
    const before = this.response.promptFeedback;
    const merged = { ...before, ...withoutAbsent(feedback) };
    if (Object.keys(merged).length > 0) this.#setField('promptFeedback', merged);
  }

  #setUsage(usage: UsageMetadata): void {
    this.response.usageMetadata = usage;
    if (this.#keepContent) return;
    // Noted, because the counts change with most chunks.
    const length = jsonLength(usage);
    this.#heldLength += length - this.#usageLength;
    this.#usageLength = length;
  }

  #setField(name: string, value: unknown): void {
    const response = this.response as Record<string, unknown>;
    if (!this.#keepContent) {
      const before = response[name];
      this.#heldLength += name.length + jsonLength(value);
      if (before !== undefined) this.#heldLength -= name.length + jsonLength(before);
    }
    response[name] = value;
  }

  #mergerOf(index: number): CandidateMerger {
    const first = (this.#first ??= this.#newMerger(index));
    if (first.candidate.index === index) return first;
    this.#mergers ??= new Map([[first.candidate.index ?? 0, first]]);
    let merger = this.#mergers.get(index);
    if (merger === undefined) this.#mergers.set(index, (merger = this.#newMerger(index)));
    return merger;
  }

  #newMerger(index: number): CandidateMerger {
    const merger = new CandidateMerger(index, this.#keepContent);
    const before = this.response.candidates ?? [];
    const received = before.length + 1;
    if (received > maxCandidates) {
      const message = `the response has more than ${maxCandidates} candidates`;
      throw new GeminiError('response-too-large', message, { limit: maxCandidates, received });
    }
    const place = before.findIndex((candidate) => (candidate.index ?? 0) > index);
    this.response.candidates = before.toSpliced(place < 0 ? before.length : place, 0, merger.candidate);
    return merger;
  }
}

function isFinished({ finishReason }: Candidate): boolean {
  return Boolean(finishReason);
}

type Fields = Record<string, unknown>;

interface ModalityCount {
  readonly modality?: string;
  readonly tokenCount?: number;
}

/** The most token counts that a response may have, for each event holds all of them. The API knows about 30. */
const maxCounts = 128;

/**
 * Bounds the work that each chunk makes.
 * @throws GeminiError `response-too-large` for more counts than any answer has
 */
function checkUsage(usage: UsageMetadata): void {
  const counts = usage as Fields;
  let received = 0;
  for (const name in counts) {
    const value = counts[name];
    received += Array.isArray(value) ? 1 + value.length : 1;
  }
  if (received <= maxCounts) return;
  const message = `the response has more than ${maxCounts} token counts`;
  throw new GeminiError('response-too-large', message, { limit: maxCounts, received });
}

/**
 * Returns the latest counts of one request. Chunks carry running totals, and some carry only a part of the fields: a
 * field that a later chunk does not have keeps its value.
 */
function latestUsage(before: UsageMetadata | undefined, next: UsageMetadata): UsageMetadata {
  if (namesAll(next as Fields, before as Fields | undefined)) return next;
  const usage: Fields = { ...before };
  for (const [name, value] of Object.entries(next)) {
    if (value !== undefined && value !== null && name !== '__proto__') usage[name] = value;
  }
  return usage;
}

/** Returns the same counts as numbers: some servers write 64-bit integers as strings, as protobuf's JSON does. */
function withNumbers(usage: UsageMetadata): UsageMetadata {
  const counts = usage as Fields;
  let numbers: Fields | undefined;
  for (const name in counts) {
    const value = counts[name];
    const number = Array.isArray(value) ? numbersInList(value) : numberOf(value);
    if (number !== value) (numbers ??= { ...counts })[name] = number;
  }
  return numbers ?? counts;
}

function numbersInList(list: unknown[]): unknown[] {
  const hasText = list.some((item) => typeof (item as ModalityCount | null)?.tokenCount === 'string');
  if (!hasText) return list;
  return list.map((item) => {
    const count = item as ModalityCount | null;
    return count === null ? item : { ...count, tokenCount: numberOf(count.tokenCount) };
  });
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

// The usual chunk has all fields: there is nothing to keep of an earlier one.
function namesAll(next: Fields, before: Fields | undefined): boolean {
  for (const name in before) if (next[name] === undefined || next[name] === null) return false;
  for (const name in next) if (next[name] === undefined || next[name] === null) return false;
  return true;
}

/** Whether every number and name in `next` is known already. Lists are not compared: they repeat the counts by modality. */
function tellsNothingNew(before: UsageMetadata | undefined, next: UsageMetadata): boolean {
  if (before === undefined) return false;
  const [known, told] = [before as Fields, next as Fields];
  for (const name in told) {
    const value = told[name];
    const isList = typeof value === 'object' && value !== null && known[name] !== undefined;
    if (value !== known[name] && !isList) return false;
  }
  return true;
}

/** Adds up the counts of two requests, by modality too; of every other field the later value is kept. */
export function sumUsage(left: UsageMetadata | undefined, right: UsageMetadata | undefined): UsageMetadata | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  const sum: Fields = { ...left };
  for (const [name, value] of Object.entries(right as Fields)) {
    if (name === '__proto__') continue;
    const before = sum[name];
    if (typeof value === 'number' && typeof before === 'number') sum[name] = before + value;
    else if (isModalityCounts(value) && isModalityCounts(before)) sum[name] = sumByModality(before, value);
    else sum[name] = value;
  }
  return sum;
}

function sumByModality(left: readonly ModalityCount[], right: readonly ModalityCount[]): ModalityCount[] {
  const counts = new Map<string | undefined, number>();
  for (const { modality, tokenCount = 0 } of [...left, ...right]) {
    counts.set(modality, (counts.get(modality) ?? 0) + tokenCount);
  }
  return [...counts].map(([modality, tokenCount]) => ({ ...(modality === undefined ? {} : { modality }), tokenCount }));
}

function isModalityCounts(value: unknown): value is ModalityCount[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);
}
