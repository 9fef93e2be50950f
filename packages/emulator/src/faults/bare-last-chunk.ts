import type { CandidateChunk, TimedChunk } from '../wire/response-chunk.ts';
import { defineFault } from './define-fault.ts';

/** A last chunk that says how it ended and has no text. */
export const bareLastChunk = defineFault({
  description:
    "The finish reason comes in a chunk of its own, whose content is missing ('none'), empty ('empty'), or which is followed by a chunk with nothing but usage ('usage').",
  defaults: { content: 'none' },
  *chunks(chunks, { content }): Generator<TimedChunk> {
    for (const timed of chunks) {
      const isLast = timed.chunk.candidates?.some((candidate) => candidate.finishReason !== undefined) === true;
      if (!isLast) {
        yield timed;
        continue;
      }
      const candidates = timed.chunk.candidates ?? [];
      const said = candidates.map(({ finishReason: _reason, ...candidate }): CandidateChunk => candidate);
      const ended = candidates.map(({ content: _content, ...candidate }): CandidateChunk =>
        content === 'empty' ? { content: {}, ...candidate } : candidate,
      );
      const { candidates: _, usageMetadata, ...envelope } = timed.chunk;
      yield { ...timed, chunk: { ...timed.chunk, candidates: said } };
      yield {
        waitMs: 0,
        chunk:
          content === 'usage' ? { candidates: ended, ...envelope } : { candidates: ended, usageMetadata, ...envelope },
      };
      if (content === 'usage') yield { waitMs: 0, chunk: { usageMetadata, ...envelope } };
    }
  },
});
