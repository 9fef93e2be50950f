import type { JsonObject } from '../wire/json.ts';
import { gapMs, type Pace } from '../wire/pace.ts';
import type { Random } from '../wire/random.ts';
import type { CandidateChunk, ResponseChunk, TimedChunk } from '../wire/response-chunk.ts';
import type { Answer, AnswerCandidate, AnswerPiece } from './answer.ts';

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
}

/** The chunks of an answer with the waits between them; several candidates take turns. */
export function* streamAnswer(answer: Answer, context: StreamContext): Generator<TimedChunk> {
  const { pace, random } = context;
  const spent = { answer: 0, thoughts: 0 };
  let waitMs = pace.timeToFirstTokenMs;
  const close = (chunk: ResponseChunk, last: boolean): TimedChunk => ({
    waitMs,
    chunk: { ...chunk, ...envelope(context, spent, last) },
  });
  if (answer.promptFeedback !== undefined) {
    yield close({ promptFeedback: answer.promptFeedback }, true);
    return;
  }
  const rounds = Math.max(1, ...answer.candidates.map((candidate) => candidate.pieces.length));
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, candidate] of answer.candidates.entries()) {
      const isLast = round === Math.max(1, candidate.pieces.length) - 1;
      const piece = candidate.pieces[round];
      if (piece === undefined && !(isLast && round === 0)) continue;
      if (piece !== undefined) countTokens(piece, spent);
      const chunk = candidateChunk(piece, isLast ? candidate : undefined, index, context);
      if (round > 0)
        waitMs = gapMs(pace, (piece?.tokens ?? 1) * (piece?.slowness ?? 1), random) / answer.candidates.length;
      yield close({ candidates: [chunk] }, isLast);
      waitMs = 0;
    }
  }
}

function countTokens(piece: AnswerPiece, spent: { answer: number; thoughts: number }): void {
  if (piece.parts.some((part) => part['thought'] === true)) spent.thoughts += piece.tokens;
  else spent.answer += piece.tokens;
}

function candidateChunk(
  piece: AnswerPiece | undefined,
  ended: AnswerCandidate | undefined,
  index: number,
  { dialect }: StreamContext,
): CandidateChunk {
  return {
    content: { parts: piece?.parts ?? [{ text: '' }], role: 'model' },
    ...(ended === undefined ? {} : { finishReason: ended.finishReason, ...ended.closing }),
    // Vertex leaves the index of a lone candidate out.
    ...(dialect === 'developer' || index > 0 ? { index } : {}),
  };
}

function envelope(context: StreamContext, spent: { answer: number; thoughts: number }, last: boolean): ResponseChunk {
  const { dialect, modelVersion, responseId, createTime } = context;
  if (dialect === 'vertex') {
    const usage = last
      ? { ...usageMetadata(context.promptTokens, spent), trafficType: 'ON_DEMAND' }
      : { trafficType: 'ON_DEMAND' };
    return { usageMetadata: usage, modelVersion, createTime, responseId };
  }
  return { usageMetadata: usageMetadata(context.promptTokens, spent), modelVersion, responseId };
}

/** The running total of a request, as every chunk of the Developer API carries it. */
export function usageMetadata(promptTokens: number, spent: { answer: number; thoughts: number }): JsonObject {
  return {
    promptTokenCount: promptTokens,
    ...(spent.answer > 0 ? { candidatesTokenCount: spent.answer } : {}),
    totalTokenCount: promptTokens + spent.answer + spent.thoughts,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokens }],
    ...(spent.thoughts > 0 ? { thoughtsTokenCount: spent.thoughts } : {}),
  };
}
