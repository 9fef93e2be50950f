import type { CandidateChunk, TimedChunk } from '../wire/response-chunk.ts';
import { defineFault } from './define-fault.ts';

/** A finish reason that is another, missing, early, or everywhere. */
export const finishReason = defineFault({
  description:
    "The finish reason is another one on the last chunk ('last'), missing ('never'), on the second chunk already ('early'), or on every chunk ('every').",
  defaults: { reason: 'STOP', on: 'last', message: '' },
  *chunks(chunks, { reason, on, message }): Generator<TimedChunk> {
    let index = 0;
    for (const timed of chunks) {
      const wanted = on === 'every' || (on === 'early' && index === 1);
      const candidates = timed.chunk.candidates?.map((candidate): CandidateChunk => {
        const { finishReason: own, ...rest } = candidate;
        const isMarked = wanted || (on === 'last' && own !== undefined);
        return isMarked
          ? { ...rest, finishReason: reason, ...(message === '' ? {} : { finishMessage: message }) }
          : rest;
      });
      yield candidates === undefined ? timed : { ...timed, chunk: { ...timed.chunk, candidates } };
      index += 1;
    }
  },
});
