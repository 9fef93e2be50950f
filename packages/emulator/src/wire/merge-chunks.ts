import { textOr } from './json.ts';
import type { CandidateChunk, Part, ResponseChunk } from './response-chunk.ts';

/** The chunks of one answer as the one response that `generateContent` gives. */
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
      // A signature stays on the part it came with; the first plain text before it may be joined to it.
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
