import type { CandidateChunk, TimedChunk } from '../wire/response-chunk.ts';
import { defineFault } from './define-fault.ts';

/** A thought signature on a text that is empty. */
export const signedEmptyText = defineFault({
  description: 'The last chunk has one part: an empty text that carries a thought signature.',
  defaults: { signature: 'c2lnbmF0dXJlIG9uIGFuIGVtcHR5IHRleHQ=' },
  *chunks(chunks, { signature }): Generator<TimedChunk> {
    for (const timed of chunks) {
      const ended = timed.chunk.candidates?.find((candidate) => candidate.finishReason !== undefined);
      if (ended === undefined) {
        yield timed;
        continue;
      }
      const { finishReason: reason, ...said } = ended;
      const signed: CandidateChunk = {
        ...said,
        content: { parts: [{ text: '', thoughtSignature: signature }], role: 'model' },
        finishReason: reason,
      };
      yield { ...timed, chunk: { ...timed.chunk, candidates: [said] } };
      yield { waitMs: 0, chunk: { ...timed.chunk, candidates: [signed] } };
    }
  },
});
