import { GeminiError } from '../errors.ts';
import type { EmitEvent } from '../types.ts';
import { isAbsent, withoutAbsent } from '../wire/absent.ts';
import { isRecord } from '../wire/guard.ts';
import type { Candidate, GenerateContentResponse, PromptFeedback, UsageMetadata } from '../wire/types.ts';
import { CandidateMerger } from './merge-candidate.ts';
import { UsageTotals } from './merge-usage.ts';
import { jsonLength } from './sizes.ts';

/** The most candidates that a response may have. Gemini takes 8 as `candidateCount`. */
const maxCandidates = 128;

/**
 * Grows one response from the chunks of a stream, field by field: candidates are kept apart by `index` (absent is 0);
 * token counts are running totals of a request and add up over requests; of every other field the latest value is kept.
 */
export class ResponseMerger {
  /** The response so far. It keeps growing: copy it to keep a moment. Its token counts are those of {@link takeUsage}. */
  readonly response: GenerateContentResponse = {};
  /** The token counts so far. */
  readonly usage = new UsageTotals();
  /** The amount of content so far. It grows with each new piece, and with nothing else. */
  size = 0;
  /** The last token counts came with the finish reason, or after it. */
  isUsageFinal = false;
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
   * Adds a chunk and emits its events, in the order of its parts; without `emit` only the response grows. `length` is that
   * of its payload, in characters.
   * @throws GeminiError `response-too-large` for more candidates or token counts than any answer has
   */
  add(chunk: GenerateContentResponse, emit: EmitEvent = emitNothing, length = 0): void {
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
      if (response[name] === value) continue;
      if (name === 'modelStatus' && isRecord(value) && JSON.stringify(value) !== JSON.stringify(response[name])) {
        emit({ type: 'model-status', modelStatus: value });
      }
      this.#setField(name, value);
    }
    const { candidates } = chunk;
    if (candidates) for (const added of candidates) this.size += this.#mergerOf(added.index ?? 0).add(added, emit);
    if (isAbsent(chunk.usageMetadata)) return;
    this.isUsageFinal = this.response.candidates?.every(isFinished) ?? this.response.promptFeedback !== undefined;
    this.usage.note(chunk.usageMetadata);
    if (!this.#keepContent) this.#measureUsage();
  }

  /**
   * Returns the token counts of all requests if they have changed since the last call, and puts them into the response.
   * Counts change with nearly every chunk, so that only their reader pays for it.
   */
  takeUsage(): UsageMetadata | undefined {
    const usage = this.usage.takeChange();
    if (usage !== undefined) this.response.usageMetadata = usage;
    return usage;
  }

  /** Continues the answer in another request: its token counts are added, and the handover does not end the answer. */
  nextAttempt(): void {
    this.usage.nextRequest();
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

  /** Whether half a character waits for its other half. */
  get holdsHalf(): boolean {
    return this.#candidates().some((merger) => merger.holdsHalf);
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

  /** Counts the present token counts in the place of the last ones, because they change with most chunks. */
  #measureUsage(): void {
    const length = jsonLength(this.usage.total);
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

function emitNothing(): void {}
