import type { StreamOutcome } from '../outcome.ts';
import type { Content } from '../wire.ts';
import { answerContent } from './answer-content.ts';

/**
 * Which turns stay in the history. `completed`: those that were answered. `partial`: also what had come of an answer
 * that was stopped, cut off or failed, without calls that nobody answered. A turn without any answer and one that was
 * blocked never stay: the API would refuse the next one.
 */
export type KeepTurns = 'completed' | 'partial';

/** What of a turn stays in the history: its message with the answer, or nothing. Pure. */
export function keptTurn(message: Content, outcome: StreamOutcome, keep: KeepTurns): readonly Content[] {
  const { status, response } = outcome;
  if (status === 'blocked' || (status !== 'completed' && keep === 'completed')) return [];
  const answer = answerContent(response);
  const said = status === 'completed' ? answer : withoutLooseEnds(answer);
  return said === undefined ? [] : [message, said];
}

/** An answer that was broken off, without what waits for something to come. */
function withoutLooseEnds(answer: Content | undefined): Content | undefined {
  const parts = (answer?.parts ?? []).filter(({ functionCall }) => !functionCall);
  while (parts.at(-1)?.executableCode !== undefined || parts.at(-1)?.toolCall !== undefined) parts.pop();
  return parts.length === 0 ? undefined : { ...answer, parts };
}
