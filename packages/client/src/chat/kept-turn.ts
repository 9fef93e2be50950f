import type { StreamOutcome } from '../stream/outcome.ts';
import { plainCopy } from '../plain-json.ts';
import type { Content } from '../wire.ts';
import { answerContent } from './answer-content.ts';
import { nextTurn, openCalls } from './open-calls.ts';

/**
 * Which turns stay in the history. `completed`: those that were answered. `partial`: also what had come of an answer
 * that was stopped, cut off or failed, without calls that nobody answered. A turn without any answer and one that was
 * blocked never stay: the API would refuse the next one.
 */
export type KeepTurns = 'completed' | 'partial';

/** What of a turn stays in the history: its message with all that was said after it, or nothing. Pure. */
export function keptTurn(message: Content, outcome: StreamOutcome, keep: KeepTurns): readonly Content[] {
  const { status, turn } = outcome;
  if (status === 'blocked' || (status !== 'completed' && keep === 'completed')) return [];
  const said = plainCopy([...(turn?.contents ?? answerOf(outcome))], 'contents');
  if (status !== 'completed') return withMessage(message, withoutLooseEnds(said));
  // Results to which the model had nothing to say are no answer.
  const isAnswered = said.at(-1)?.role === 'model' || openCalls(said).length > 0;
  return isAnswered ? withMessage(message, said) : [];
}

function answerOf({ response }: StreamOutcome): Content[] {
  const answer = answerContent(response);
  return answer === undefined ? [] : [answer];
}

function withMessage(message: Content, said: readonly Content[]): readonly Content[] {
  return said.length === 0 ? [] : [message, ...said];
}

/** What was said until it broke off, without what waits for something to come. */
function withoutLooseEnds(said: readonly Content[]): readonly Content[] {
  const last = said.at(-1);
  // A call may carry the signature for those beside it: it stays, with a result that says what became of it.
  if (last !== undefined && last.role !== 'model') return [...said.slice(0, -1), answerOpenCalls(said, last)];
  const open = new Set(openCalls(said));
  const parts = (last?.parts ?? []).filter(({ functionCall }) => !functionCall || !open.has(functionCall));
  while (parts.at(-1)?.executableCode !== undefined || parts.at(-1)?.toolCall !== undefined) parts.pop();
  return [...said.slice(0, -1), ...(parts.length === 0 ? [] : [{ ...last, parts }])];
}

function answerOpenCalls(said: readonly Content[], results: Content): Content {
  const unfinished = openCalls(said).map(({ id, name = '' }) => ({
    functionResponse: {
      ...(id === undefined ? {} : { id }),
      name,
      response: { error: 'the turn ended before it did' },
    },
  }));
  return unfinished.length === 0 ? results : nextTurn(said, unfinished).message;
}
