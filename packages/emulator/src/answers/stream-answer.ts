import { createHash } from 'node:crypto';
import { GoogleError } from '../wire/google-error.ts';
import type { JsonObject } from '../wire/json.ts';
import type { Random } from '../wire/random.ts';
import type { CandidateChunk, ResponseChunk, TimedChunk } from '../wire/response.ts';
import type { Answer, AnswerCandidate, AnswerPiece } from './answer.ts';
import { gapMs, type Pace } from './pace.ts';

/** What the chunks of one answer have in common. */
export interface StreamContext {
  readonly dialect: 'developer' | 'vertex';
  readonly modelVersion: string;
  readonly responseId: string;
  readonly promptTokens: number;
  readonly pace: Pace;
  readonly random: Random;
  /** Vertex tells when the answer was begun. */
  readonly createTime: string;
  /** The first piece to send: more than 0 where a continuation goes on. */
  readonly from: number;
  /** A token that continues the answer at this piece. */
  continuationToken(piece: number): string;
}

interface Spent {
  readonly answer: number;
  readonly thoughts: number;
}

/** The chunks of an answer with the waits between them; several candidates take turns. */
export function* streamAnswer(answer: Answer, context: StreamContext): Generator<TimedChunk> {
  const { pace, random, from } = context;
  let spent: Spent = { answer: 0, thoughts: 0 };
  if (answer.promptFeedback !== undefined) {
    yield {
      waitMs: pace.timeToFirstTokenMs,
      chunk: { promptFeedback: answer.promptFeedback, ...envelope(context, spent, true) },
    };
    return;
  }
  const longest = Math.max(1, ...answer.candidates.map((candidate) => candidate.pieces.length));
  const handover = answer.handoverEvery === undefined ? longest : Math.min(longest, from + answer.handoverEvery);
  for (let round = from; round < handover; round += 1) {
    for (const [index, candidate] of answer.candidates.entries()) {
      const last = Math.max(1, candidate.pieces.length) - 1;
      if (round > last) continue;
      const piece = candidate.pieces[round];
      spent = addTokens(spent, piece);
      const isHandover = round === handover - 1 && round < last;
      const isCheckpoint =
        answer.checkpointEvery !== undefined && round < last && (round - from + 1) % answer.checkpointEvery === 0;
      const token = isHandover || isCheckpoint ? { continuationToken: context.continuationToken(round + 1) } : {};
      const ending = round === last ? ended(candidate) : isHandover ? { finishReason: 'CONTINUATION' } : {};
      const chunk = { ...candidateChunk(piece, index, context), ...ending, ...token };
      const waitMs =
        round > from ? gap(piece, pace, random) / answer.candidates.length : index === 0 ? pace.timeToFirstTokenMs : 0;
      yield { waitMs, chunk: { candidates: [chunk], ...envelope(context, spent, round === last || isHandover) } };
    }
  }
}

function gap(piece: AnswerPiece | undefined, pace: Pace, random: Random): number {
  return gapMs(pace, (piece?.tokens ?? 1) * (piece?.slowness ?? 1), random);
}

function addTokens(spent: Spent, piece: AnswerPiece | undefined): Spent {
  const tokens = piece?.tokens ?? 0;
  const isThought = piece?.parts.some((part) => part['thought'] === true) === true;
  return isThought ? { ...spent, thoughts: spent.thoughts + tokens } : { ...spent, answer: spent.answer + tokens };
}

function ended({ finishReason, closing }: AnswerCandidate): CandidateChunk {
  return { finishReason, ...closing };
}

function candidateChunk(piece: AnswerPiece | undefined, index: number, { dialect }: StreamContext): CandidateChunk {
  const content = { parts: piece?.parts ?? [{ text: '' }], role: 'model' };
  // Vertex leaves the index of a lone candidate out.
  return dialect === 'developer' || index > 0 ? { content, index } : { content };
}

function envelope(context: StreamContext, spent: Spent, last: boolean): ResponseChunk {
  const { dialect, modelVersion, responseId, createTime } = context;
  const usage = usageMetadata(context.promptTokens, spent);
  if (dialect === 'developer') return { usageMetadata: usage, modelVersion, responseId };
  const trafficType = { trafficType: 'ON_DEMAND' };
  return { usageMetadata: last ? { ...usage, ...trafficType } : trafficType, modelVersion, createTime, responseId };
}

/** The running total of a request, as every chunk of the Developer API carries it. */
function usageMetadata(promptTokens: number, spent: Spent): JsonObject {
  return {
    promptTokenCount: promptTokens,
    ...(spent.answer > 0 ? { candidatesTokenCount: spent.answer } : {}),
    totalTokenCount: promptTokens + spent.answer + spent.thoughts,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokens }],
    ...(spent.thoughts > 0 ? { thoughtsTokenCount: spent.thoughts } : {}),
  };
}

/** Past this many the tokens made first are forgotten. */
const mostTokens = 1_000;

/** Where answers that were interrupted go on. */
export interface Continuations {
  /** A token for the answer from this piece on. The same answer and piece have the same token. */
  issue(answer: Answer, answerId: string, from: number): string;
  /** The answer and the piece that a token stands for. Throws `INVALID_ARGUMENT` for one that was never issued. */
  resume(token: string): { readonly answer: Answer; readonly answerId: string; readonly from: number };
}

/** No token has been issued. */
export function createContinuations(): Continuations {
  const issued = new Map<string, { answer: Answer; answerId: string; from: number }>();
  return {
    issue(answer, answerId, from) {
      const token = createHash('sha256').update(`${answerId} ${from}`).digest('base64');
      issued.set(token, { answer, answerId, from });
      for (const oldest of issued.keys()) {
        if (issued.size <= mostTokens) break;
        issued.delete(oldest);
      }
      return token;
    },
    resume(token) {
      const found = issued.get(token);
      if (found === undefined) throw new GoogleError('INVALID_ARGUMENT', 'The continuation token is not valid.');
      return found;
    },
  };
}
