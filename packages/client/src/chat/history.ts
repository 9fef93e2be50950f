import { plainCopy } from '../plain-json.ts';
import { expectValid } from '../check.ts';
import { contentsCheck } from '../request/check-request.ts';
import { answerContent, hasResponse, nextTurn, openCalls } from '../tools/open-calls.ts';
import type { StreamOutcome } from '../types.ts';
import { kindOf } from '../wire/guard.ts';
import type { Content } from '../wire/types.ts';

/**
 * Copies the messages of an earlier conversation. Leaves out a turn with an empty answer: `@google/genai` records one as
 * a message without parts, which the API does not accept.
 * @throws TypeError that names the invalid field
 */
export function checkHistory(history: readonly Content[]): Content[] {
  if (!Array.isArray(history)) {
    throw new TypeError(`history: expected an array of contents, got ${kindOf(history)}`);
  }
  // Earlier versions of the API had a role of their own for results.
  const given = plainCopy(history as Content[], 'history');
  const contents = given.map((content) =>
    (content?.role as unknown) === 'function' ? { ...content, role: 'user' } : content,
  );
  for (const [index, content] of contents.entries()) checkRole(content, index);
  const answered = turnsOf(contents).filter((turn) => !turn.some(isEmptyAnswer));
  expectValid(contentsCheck, answered.flat(), 'history');
  return answered.flat();
}

function checkRole(content: Content | null, index: number): void {
  const role: unknown = content?.role;
  if (role === 'user' || role === 'model') return;
  // A role of another API helps to find the mistake; a longer text may be private.
  const got = typeof role === 'string' && /^\w{1,20}$/.test(role) ? `'${role}'` : kindOf(role);
  throw new TypeError(`history[${index}].role: expected 'user' or 'model', got ${got}`);
}

function isEmptyAnswer({ role, parts }: Content): boolean {
  return role === 'model' && (parts === undefined || (Array.isArray(parts) && parts.length === 0));
}

/** Returns the turns of a conversation. Each begins with a message of the user, and includes its calls and results. */
function turnsOf(contents: readonly Content[]): Content[][] {
  const turns: Content[][] = [];
  for (const content of contents) {
    const turn = turns.at(-1);
    if (turn === undefined || (content.role !== 'model' && !hasResponse(content))) turns.push([content]);
    else turn.push(content);
  }
  return turns;
}

/**
 * Returns the last `count` turns of a conversation, to limit the size of requests. A cut anywhere else could separate a
 * function call from its result, which the API refuses.
 * @throws TypeError for a count that is not a whole number of at least 0
 */
export function lastTurns(history: readonly Content[], count: number): Content[] {
  if (!Number.isInteger(count) || count < 0) {
    throw new TypeError(`count: expected a whole number of at least 0, got ${String(count)}`);
  }
  return count === 0 ? [] : turnsOf(history).slice(-count).flat();
}

/**
 * The turns that stay in the history. `completed`: those that were answered. `partial`: also the partial answers of
 * turns that were stopped, cut off or failed, without their unanswered calls. A turn without any answer and one that was
 * blocked do not stay: the API would refuse the next request. Calls that have run always stay, with their results, so that
 * the model does not repeat their effects.
 */
export type KeepTurns = 'completed' | 'partial';

/** Returns the messages of a turn that stay in the history: the user's and all after it, or none. Pure. */
export function keptTurn(message: Content, outcome: StreamOutcome, keep: KeepTurns): readonly Content[] {
  const { status, turn } = outcome;
  const said = plainCopy([...(turn?.contents ?? answerOf(outcome))], 'contents');
  if (status === 'blocked' || (status !== 'completed' && keep === 'completed')) {
    return withMessage(message, withoutLooseEnds(said.slice(0, said.findLastIndex(hasResponse) + 1)));
  }
  if (status !== 'completed') return withMessage(message, withoutLooseEnds(said));
  return withMessage(message, said);
}

function answerOf({ response }: StreamOutcome): Content[] {
  const answer = answerContent(response);
  return answer === undefined ? [] : [answer];
}

function withMessage(message: Content, said: readonly Content[]): readonly Content[] {
  return said.length === 0 ? [] : [message, ...said];
}

/** Removes from a turn that broke off the calls and code that have no results. */
function withoutLooseEnds(said: readonly Content[]): readonly Content[] {
  const last = said.at(-1);
  // A call may carry the signature of those beside it: it stays, with a result that reports the end of the turn.
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
