import { createHash } from 'node:crypto';
import { GoogleError } from '../wire/google-error.ts';
import type { JsonObject } from '../wire/json.ts';
import type { Random } from '../wire/random.ts';
import type { CandidateChunk, ResponseChunk, TimedChunk } from '../wire/response.ts';
import type { Answer, AnswerCandidate, AnswerPiece } from './answer.ts';
import { gapMs, type Pace } from './pace.ts';

/** The facts that the chunks of one answer share. */
interface StreamContext {
  readonly dialect: 'developer' | 'vertex';
  readonly modelVersion: string;
  readonly responseId: string;
  readonly promptTokens: number;
  readonly pace: Pace;
  readonly random: Random;
  /** The start of the answer, which Vertex reports. */
  readonly createTime: string;
  /** The index of the first piece to send: more than 0 for a continuation. */
  readonly from: number;
  /** Returns a token that resumes the answer at this piece. */
  continuationToken(piece: number): string;
}

interface Spent {
  readonly answer: number;
  readonly thoughts: number;
}

/** Yields the chunks of an answer with the waits before them. Several candidates take turns. */
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
  // Vertex omits the index of the first candidate.
  return dialect === 'developer' || index > 0 ? { content, index } : { content };
}

function envelope(context: StreamContext, spent: Spent, last: boolean): ResponseChunk {
  const { dialect, modelVersion, responseId, createTime } = context;
  const usage = usageMetadata(context.promptTokens, spent);
  if (dialect === 'developer') return { usageMetadata: usage, modelVersion, responseId };
  const trafficType = { trafficType: 'ON_DEMAND' };
  return { usageMetadata: last ? { ...usage, ...trafficType } : trafficType, modelVersion, createTime, responseId };
}

/** Returns the running totals, which are in every chunk of the Developer API. */
function usageMetadata(promptTokens: number, spent: Spent): JsonObject {
  return {
    promptTokenCount: promptTokens,
    ...(spent.answer > 0 ? { candidatesTokenCount: spent.answer } : {}),
    totalTokenCount: promptTokens + spent.answer + spent.thoughts,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokens }],
    ...(spent.thoughts > 0 ? { thoughtsTokenCount: spent.thoughts } : {}),
  };
}

/** Above this number of tokens, the oldest are dropped. */
const maxTokens = 1_000;

/** The position at which a request resumes an answer. */
interface ContinuationPoint<Subject> {
  readonly answer: Subject;
  readonly answerId: string;
  readonly from: number;
}

/** Issues continuation tokens and finds their answers. */
export class Continuations<Subject = Answer> {
  readonly #issued = new Map<string, ContinuationPoint<Subject>>();

  readonly #digests = new WeakMap<object, string>();

  /**
   * Returns the token of a position: the same token for the same answer and piece. It depends on the content too, so that
   * an emulator that is started again does not take a token of the one before for another answer.
   */
  issue(point: ContinuationPoint<Subject>, content: object): string {
    const token = sha256(`${point.answerId} ${point.from} ${this.#digestOf(content)}`);
    this.#issued.set(token, point);
    for (const oldest of this.#issued.keys()) {
      if (this.#issued.size <= maxTokens) break;
      this.#issued.delete(oldest);
    }
    return token;
  }

  /** Returns the position of a token. @throws GoogleError `INVALID_ARGUMENT` for an unknown token */
  resume(token: string): ContinuationPoint<Subject> {
    const point = this.#issued.get(token);
    if (point === undefined) throw new GoogleError('INVALID_ARGUMENT', 'The continuation token is not valid.');
    return point;
  }

  #digestOf(content: object): string {
    const known = this.#digests.get(content);
    if (known !== undefined) return known;
    const digest = sha256(JSON.stringify(content));
    this.#digests.set(content, digest);
    return digest;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
