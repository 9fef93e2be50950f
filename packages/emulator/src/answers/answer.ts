import type { JsonObject } from '../wire/json.ts';
import type { GenerationConfig } from '../wire/request.ts';
import { type CandidateChunk, type Part, splitTokens } from '../wire/response.ts';

/** The content that one chunk adds to an answer. */
export interface AnswerPiece {
  readonly parts: readonly Part[];
  readonly tokens: number;
  /** The factor by which this piece is slower than the pace. @defaultValue 1 */
  readonly slowness?: number | undefined;
}

/** One candidate, split into the pieces of its chunks. */
export interface AnswerCandidate {
  readonly pieces: readonly AnswerPiece[];
  readonly finishReason: string;
  /** More fields for the last chunk of the candidate: grounding, citations, a finish message. */
  readonly closing?: Omit<CandidateChunk, 'content' | 'finishReason' | 'index'> | undefined;
}

/** A whole answer, before it is paced and encoded. */
export interface Answer {
  readonly candidates: readonly AnswerCandidate[];
  /** Set if the prompt is blocked. Then there are no candidates. */
  readonly promptFeedback?: JsonObject | undefined;
  /** The number of pieces after which the answer stops with `CONTINUATION` and a token. @defaultValue never */
  readonly handoverEvery?: number | undefined;
  /** The number of pieces after which a chunk has a token, for resuming after a lost connection. @defaultValue never */
  readonly checkpointEvery?: number | undefined;
}

/** Cuts a candidate at `stopSequences` and `maxOutputTokens`. */
export function limitCandidate(candidate: AnswerCandidate, config: GenerationConfig | undefined): AnswerCandidate {
  const stopped = stopAt(candidate, config?.stopSequences ?? []);
  return config?.maxOutputTokens === undefined ? stopped : cutTokens(stopped, config.maxOutputTokens);
}

function cutTokens(candidate: AnswerCandidate, maxOutputTokens: number): AnswerCandidate {
  let left = maxOutputTokens;
  const pieces: AnswerPiece[] = [];
  for (const piece of candidate.pieces) {
    if (piece.tokens <= left) {
      pieces.push(piece);
      left -= piece.tokens;
      continue;
    }
    const text = piece.parts[0]?.['text'];
    if (typeof text === 'string' && left > 0) {
      pieces.push({
        ...piece,
        parts: [{ ...piece.parts[0], text: splitTokens(text).slice(0, left).join('') }],
        tokens: left,
      });
    }
    return { pieces, finishReason: 'MAX_TOKENS' };
  }
  return candidate;
}

function stopAt(candidate: AnswerCandidate, sequences: readonly string[]): AnswerCandidate {
  const answerText = (piece: AnswerPiece): string => {
    const [part] = piece.parts;
    return typeof part?.['text'] === 'string' && part['thought'] !== true ? part['text'] : '';
  };
  const text = candidate.pieces.map(answerText).join('');
  const found = sequences
    .filter(Boolean)
    .map((sequence) => text.indexOf(sequence))
    .filter((at) => at >= 0);
  if (found.length === 0) return candidate;
  let left = Math.min(...found);
  const pieces: AnswerPiece[] = [];
  for (const piece of candidate.pieces) {
    const own = answerText(piece);
    if (own.length > left) {
      const kept = own.slice(0, left);
      if (kept !== '') pieces.push({ ...piece, parts: [{ text: kept }], tokens: splitTokens(kept).length });
      break;
    }
    pieces.push(piece);
    left -= own.length;
  }
  return { ...candidate, pieces };
}
