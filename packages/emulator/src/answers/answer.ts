import type { CandidateChunk, Part } from '../wire/response-chunk.ts';
import type { JsonObject } from '../wire/json.ts';

/** What one chunk adds to an answer. */
export interface AnswerPiece {
  readonly parts: readonly Part[];
  readonly tokens: number;
  /** How many times slower than the pace this piece comes. @defaultValue 1 */
  readonly slowness?: number | undefined;
}

/** One candidate, already cut into what the chunks carry. */
export interface AnswerCandidate {
  readonly pieces: readonly AnswerPiece[];
  readonly finishReason: string;
  /** More fields of the candidate that come with its last piece: grounding, citations, a finish message. */
  readonly closing?: Omit<CandidateChunk, 'content' | 'finishReason' | 'index'> | undefined;
}

/** A whole answer, before it is paced and framed. */
export interface Answer {
  readonly candidates: readonly AnswerCandidate[];
  /** Set when the prompt was blocked: then there are no candidates. */
  readonly promptFeedback?: JsonObject | undefined;
  /** The server stops with `CONTINUATION` and a token after so many pieces. @defaultValue never */
  readonly handoverEvery?: number | undefined;
  /** A token to go on with after every so many pieces, should the connection be lost. @defaultValue never */
  readonly checkpointEvery?: number | undefined;
}
