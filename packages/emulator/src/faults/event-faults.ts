import type { Answer, AnswerCandidate, AnswerPiece } from '../answers/answer.ts';
import type { InteractionAnswer } from '../interactions/stream-interaction.ts';
import type { CandidateChunk, TimedChunk } from '../wire/response.ts';
import { defineFault } from './fault.ts';

/** A prompt that the safety filter blocks. */
export const blockedPrompt = defineFault({
  description: 'The prompt is blocked: the response has feedback with a reason, and no candidates.',
  defaults: { reason: 'SAFETY', message: '' },
  answer: (_answer, { reason, message }): Answer => ({
    candidates: [],
    promptFeedback: {
      blockReason: reason,
      ...(message === '' ? {} : { blockReasonMessage: message }),
      safetyRatings: [{ category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH' }],
    },
  }),
});

/** More candidates than the request asked for. */
export const moreCandidates = defineFault({
  description: 'The chunks of several candidates take turns. The text of each but the first begins with its number.',
  defaults: { count: 2 },
  answer(answer, { count }): Answer {
    const [first] = answer.candidates;
    if (first === undefined) return answer;
    const candidate = (index: number): AnswerCandidate => ({
      ...first,
      pieces: [{ parts: [{ text: `Candidate ${index}: ` }], tokens: 2 }, ...first.pieces],
    });
    return {
      ...answer,
      candidates: Array.from({ length: count }, (_, index) => (index === 0 ? first : candidate(index))),
    };
  },
});

/** A long answer that stops and must be resumed. */
export const continuation = defineFault({
  description:
    'The answer stops after some pieces with `CONTINUATION` and a token. A request with the token resumes it.',
  defaults: { afterPieces: 3 },
  answer: (answer, { afterPieces }): Answer => ({ ...answer, handoverEvery: Math.max(1, afterPieces) }),
});

/** Tokens for resuming after a lost connection. */
export const checkpoints = defineFault({
  description: 'Every few pieces, a chunk has a continuation token but no finish reason.',
  defaults: { everyPieces: 2 },
  answer: (answer, { everyPieces }): Answer => ({ ...answer, checkpointEvery: Math.max(1, everyPieces) }),
});

/** A long answer. */
export const manyPieces = defineFault({
  description: 'Numbered pieces extend the answer to this number of pieces.',
  defaults: { count: 1_000 },
  answer(answer, { count }): Answer {
    const more = (from: number): readonly AnswerPiece[] =>
      Array.from({ length: Math.max(0, count - from) }, (_, index) => ({
        parts: [{ text: ` piece ${from + index}` }],
        tokens: 2,
      }));
    const candidates = answer.candidates.map((candidate) => ({
      ...candidate,
      pieces: [...candidate.pieces, ...more(candidate.pieces.length)],
    }));
    return { ...answer, candidates };
  },
});

/** One very large part, such as an image. */
export const largePart = defineFault({
  description: 'The answer ends with one event that has megabytes of inline data.',
  defaults: { megabytes: 16, mimeType: 'image/png' },
  answer(answer, { megabytes, mimeType }): Answer {
    // Base64 encodes three bytes as four characters.
    const data = Buffer.alloc(Math.ceil((megabytes * 1024 * 1024 * 3) / 4), 0x5a).toString('base64');
    const piece = { parts: [{ inlineData: { mimeType, data } }], tokens: 1_290 };
    return {
      ...answer,
      candidates: answer.candidates.map((candidate) => ({ ...candidate, pieces: [...candidate.pieces, piece] })),
    };
  },
});

/** A last chunk with a finish reason and no text. */
export const bareLastChunk = defineFault({
  description:
    "The finish reason has a separate chunk. Its content is missing ('none') or empty ('empty'), or a chunk with only usage follows it ('usage').",
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

/** A finish reason that is wrong, missing, early, or on every chunk. */
export const finishReason = defineFault({
  description:
    "The finish reason is on the last chunk ('last'), the second chunk ('early'), every chunk ('every') or no chunk ('never').",
  defaults: { reason: 'STOP', on: 'last', message: '' },
  interaction(answer, { reason, on }): InteractionAnswer {
    if (on === 'never') return { ...answer, status: undefined };
    if (on !== 'last' || reason === 'STOP') return answer;
    return { ...answer, status: reason === 'MAX_TOKENS' ? 'incomplete' : 'failed' };
  },
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

/** The events of an interaction that have an id, from which a reader can continue. */
export const eventIds = defineFault({
  description:
    "The events of an interaction have an `event_id`: all of them ('all'), the deltas ('deltas'), every third event if it is a delta ('some'), or no event ('none').",
  defaults: { on: 'all' },
});

/** A thought signature on an empty text. */
export const signedEmptyText = defineFault({
  description: 'The last chunk has one part: an empty text with a thought signature.',
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
