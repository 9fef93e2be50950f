import type { Content } from '../wire.ts';

/** The turns of a conversation: each begins where the user speaks, with the calls and results between its messages. */
export function turnsOf(contents: readonly Content[]): Content[][] {
  const turns: Content[][] = [];
  for (const content of contents) {
    const turn = turns.at(-1);
    if (turn === undefined || (content.role !== 'model' && !hasResponse(content))) turns.push([content]);
    else turn.push(content);
  }
  return turns;
}

/**
 * The last `count` turns of a conversation, for those who bound what they send. A cut anywhere else could part a
 * function call from its result, which the API refuses.
 * @throws TypeError for a count that is no whole number of at least 0
 */
export function lastTurns(history: readonly Content[], count: number): Content[] {
  if (!Number.isInteger(count) || count < 0) {
    throw new TypeError(`count: expected a whole number of at least 0, got ${String(count)}`);
  }
  return count === 0 ? [] : turnsOf(history).slice(-count).flat();
}

/** Whether a message brings results of functions. */
export function hasResponse({ parts }: Content): boolean {
  return parts?.some((part) => part.functionResponse) === true;
}
