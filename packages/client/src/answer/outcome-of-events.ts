import type { GeminiError } from '../errors.ts';
import { ResponseMerger } from '../merge/merge-response.ts';
import type { StoredStreamEvent, StreamOutcome } from '../types.ts';
import type { UsageMetadata } from '../wire/types.ts';
import { AttemptCounter } from './attempt-counter.ts';
import { isDiscard } from './discard.ts';
import { chunkOf } from './event-content.ts';
import { conclude } from './outcome.ts';

/**
 * Returns the outcome of a stream whose source is in another process and was lost, from the events that have arrived:
 * the partial response is merged from them, and the requests are counted from the events that report them. If older events
 * were trimmed, it has no text, and no content of the answer that they belong to: without its beginning the rest would
 * look like another answer.
 */
export function outcomeOfEvents(
  events: readonly StoredStreamEvent[],
  error: GeminiError,
  trimmedCount = 0,
): StreamOutcome {
  const reports = new AttemptCounter();
  let merger = new ResponseMerger();
  let earlierText = '';
  let rounds = 1;
  /** The beginning of the present answer, or of the whole text, was trimmed. */
  let isAnswerCut = trimmedCount > 0;
  let isTextCut = isAnswerCut;
  // Every event has the total so far, over all answers.
  let usage: UsageMetadata | undefined;
  for (const event of events) {
    reports.note(event);
    if (isDiscard(event)) {
      merger = new ResponseMerger();
      isAnswerCut = false;
      isTextCut &&= !discardsAll(event);
    } else if (event.type === 'usage') usage = event.usage;
    else if (event.type === 'round') {
      // The response is that of the last answer, the text that of all.
      earlierText += merger.text();
      rounds = event.round;
      merger = new ResponseMerger();
      isAnswerCut = false;
    } else if (!isAnswerCut) {
      const chunk = chunkOf(event);
      if (chunk !== undefined) merger.add(chunk);
    }
  }
  const response = rounds > 1 || usage === undefined ? merger.response : { ...merger.response, usageMetadata: usage };
  const text = isTextCut ? '' : earlierText + merger.text();
  const { model, all } = reports;
  const outcome = conclude({ response, text, model, attempts: all.length, attemptReports: all, error });
  return usage === undefined ? outcome : { ...outcome, usage, usageKind: 'last-seen' };
}

function discardsAll(event: StoredStreamEvent): boolean {
  return 'discardFrom' in event && event.discardFrom === 0;
}
