import type { Candidate, GenerateContentResponse } from '../wire.ts';
import { mergeParts } from './merge-parts.ts';

/** Grows one response out of a stream's chunks. */
export interface ResponseMerger {
  add(chunk: GenerateContentResponse): void;
  /** The response so far. It keeps growing: copy it to keep a moment. */
  readonly response: GenerateContentResponse;
  /** The answer text of the first candidate so far, without thoughts. */
  text(): string;
}

/**
 * Merges field by field, never by shape: candidates apart by `index` (absent is 0), parts appended, and of every other
 * field the latest value, because the API sends running totals.
 */
export function createResponseMerger(): ResponseMerger {
  const response: GenerateContentResponse = {};
  const candidates = new Map<number, Candidate>();

  const addCandidate = (added: Candidate): void => {
    const index = added.index ?? 0;
    let candidate = candidates.get(index);
    if (candidate === undefined) {
      candidate = { index };
      candidates.set(index, candidate);
      response.candidates = [...candidates.values()].toSorted((left, right) => (left.index ?? 0) - (right.index ?? 0));
    }
    const { content, index: _index, ...fields } = added;
    assignPresent(candidate, fields);
    if (content === undefined || content === null) return;
    candidate.content ??= { role: content.role ?? 'model', parts: [] };
    if (content.parts) mergeParts((candidate.content.parts ??= []), content.parts);
  };
  return {
    response,
    add(chunk) {
      const { candidates: added, usageMetadata, ...fields } = chunk;
      assignPresent(response, fields);
      // Vertex sends only a traffic type on the way: fields that a later chunk does not name stay.
      if (usageMetadata) response.usageMetadata = { ...response.usageMetadata, ...usageMetadata };
      if (added) for (const candidate of added) addCandidate(candidate);
    },
    text() {
      const parts = response.candidates?.[0]?.content?.parts ?? [];
      return parts.map((part) => (part.thought ? '' : (part.text ?? ''))).join('');
    },
  };
}

function assignPresent(target: object, fields: object): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null) (target as Record<string, unknown>)[name] = value;
  }
}
