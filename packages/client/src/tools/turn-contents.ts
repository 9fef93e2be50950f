import { answerContent } from '../chat/answer-content.ts';
import type { StreamOutcome } from '../stream/outcome.ts';
import type { Content } from '../wire.ts';
import type { LoopCall } from './tool-loop.ts';

/**
 * The messages of one round as the API takes them back: the answer with its signatures, then the results of its calls
 * in one message, in the order of the calls, each under its call's id. Pure.
 */
export function roundContents(answer: StreamOutcome, calls: readonly LoopCall[]): Content[] {
  const content = answerContent(answer.response);
  const parts = calls.flatMap((known) => {
    if (known.status !== 'answered') return [];
    const { id, name = '' } = known.call;
    const { response } = known.result;
    return [{ functionResponse: { ...(id === undefined ? {} : { id }), name, response } }];
  });
  const results = parts.length === 0 ? [] : [{ role: 'user', parts }];
  return content === undefined ? results : [content, ...results];
}
