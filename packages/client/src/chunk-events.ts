import type { StoredStreamEvent } from './events.ts';
import type { Candidate, GenerateContentResponse, Part } from './wire.ts';

/** Tells what a chunk brings, in the order of its parts. */
export function chunkEvents(chunk: GenerateContentResponse, emit: (event: StoredStreamEvent) => void): void {
  for (const candidate of chunk.candidates ?? []) candidateEvents(candidate, emit);
  if (chunk.usageMetadata) emit({ type: 'usage', usage: chunk.usageMetadata });
}

function candidateEvents(candidate: Candidate, emit: (event: StoredStreamEvent) => void): void {
  const index = candidate.index ?? 0;
  for (const part of candidate.content?.parts ?? []) {
    const event = partEvent(part, index);
    if (event !== undefined) emit(event);
  }
}

function partEvent(part: Part, candidate: number): StoredStreamEvent | undefined {
  if (part.text) return { type: part.thought ? 'thought-delta' : 'text-delta', text: part.text, candidate };
  const call = part.functionCall;
  // Pieces of streamed arguments are no calls yet.
  if (call?.name && !call.willContinue && !call.partialArgs) return { type: 'function-call-end', call, candidate };
  return undefined;
}
