import { GoogleError } from '../wire/google-error.ts';
import type { Pace } from '../wire/pace.ts';
import type { Random } from '../wire/random.ts';
import type { Part } from '../wire/response-chunk.ts';
import { countPartTokens } from '../wire/tokens.ts';
import type { Answer, AnswerPiece } from './answer.ts';
import { wholeCall } from './call-pieces.ts';
import type { ScriptedAnswer } from './scripted-reply.ts';
import { textPieces } from './text-pieces.ts';

/** The answer that a scripted reply describes. Throws a `GoogleError` where it describes an error. */
export function answerFromScript(scripted: ScriptedAnswer, pace: Pace, random: Random): Answer {
  const { error, blockReason, text, thoughts, functionCalls = [], parts = [], finishReason = 'STOP' } = scripted;
  if (error !== undefined) throw new GoogleError(error.status, error.message, error.details);
  if (blockReason !== undefined) return { candidates: [], promptFeedback: { blockReason } };
  const piece = (part: Part): AnswerPiece => ({ parts: [part], tokens: countPartTokens(part) });
  const cut = (value: string | readonly string[] | undefined): readonly AnswerPiece[] => {
    if (value === undefined) return [];
    return typeof value === 'string' ? textPieces(value, pace, random) : value.map((chunk) => piece({ text: chunk }));
  };
  const thought = cut(thoughts).map((own) => ({
    ...own,
    parts: own.parts.map((part) => ({ ...part, thought: true })),
  }));
  const calls = functionCalls.map((call) => wholeCall({ ...call, args: call.args ?? {} }, undefined));
  return { candidates: [{ pieces: [...thought, ...cut(text), ...parts.map(piece), ...calls], finishReason }] };
}
