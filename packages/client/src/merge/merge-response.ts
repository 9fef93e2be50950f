import type { EmitEvent } from '../events.ts';
import type { GenerateContentResponse, UsageMetadata } from '../wire.ts';
import { createCandidateMerger, type CandidateMerger } from './merge-candidate.ts';
import { latestUsage, sumUsage, tellsNothingNew } from './merge-usage.ts';

/** Grows one response out of a stream's chunks. */
export interface ResponseMerger {
  /** Takes a chunk in and tells what it brings, in the order of its parts. */
  add(chunk: GenerateContentResponse, emit: EmitEvent): void;
  /** The answer goes on in another request: its token counts come on top, and the handover is no end of it. */
  nextHop(): void;
  /** The answer is whole: calls whose closing piece never came end here. */
  finish(emit: EmitEvent): void;
  /** The response so far. It keeps growing: copy it to keep a moment. */
  readonly response: GenerateContentResponse;
  /** What the response holds, in characters. */
  readonly size: number;
  /** The token counts of the present request alone. */
  readonly requestUsage: UsageMetadata | undefined;
  /** The answer text of the first candidate so far, without thoughts. */
  text(): string;
}

/**
 * Merges field by field, never by shape: candidates apart by `index` (absent is 0), each as {@link createCandidateMerger}
 * says; token counts are running totals of a request and add up over requests; of the rest the latest value stays.
 */
export function createResponseMerger(): ResponseMerger {
  const response: GenerateContentResponse = {};
  const mergers = new Map<number, CandidateMerger>();
  let earlierUsage: UsageMetadata | undefined;
  let requestUsage: UsageMetadata | undefined;
  let size = 0;

  const mergerOf = (index: number): CandidateMerger => {
    const known = mergers.get(index);
    if (known !== undefined) return known;
    const merger = createCandidateMerger(index);
    mergers.set(index, merger);
    response.candidates = [...mergers.entries()]
      .toSorted(([left], [right]) => left - right)
      .map(([, { candidate }]) => candidate);
    return merger;
  };
  return {
    response,
    get size() {
      return size;
    },
    get requestUsage() {
      return requestUsage;
    },
    add(chunk, emit) {
      for (const name in chunk) {
        const value = chunk[name];
        if (value === undefined || value === null || name === 'candidates' || name === 'usageMetadata') continue;
        response[name] = value;
      }
      for (const added of chunk.candidates ?? []) size += mergerOf(added.index ?? 0).add(added, emit);
      // Some servers repeat the same counts with every chunk.
      if (!chunk.usageMetadata || tellsNothingNew(requestUsage, chunk.usageMetadata)) return;
      requestUsage = latestUsage(requestUsage, chunk.usageMetadata);
      const usage = sumUsage(earlierUsage, requestUsage) ?? requestUsage;
      response.usageMetadata = usage;
      emit({ type: 'usage', usage });
    },
    nextHop() {
      earlierUsage = response.usageMetadata;
      requestUsage = undefined;
      for (const { candidate } of mergers.values()) {
        delete candidate.finishReason;
        delete candidate.continuationToken;
      }
    },
    finish(emit) {
      for (const merger of mergers.values()) merger.finish(emit);
    },
    text() {
      const parts = mergers.get(0)?.candidate.content?.parts ?? [];
      return parts.map((part) => (part.thought ? '' : (part.text ?? ''))).join('');
    },
  };
}
