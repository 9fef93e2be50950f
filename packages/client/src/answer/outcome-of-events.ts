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
 * the partial response is merged from them, and the requests are counted from the events that report them.
 */
export function outcomeOfEvents(events: readonly StoredStreamEvent[], error: GeminiError): StreamOutcome {
  const reports = new AttemptCounter();
  let merger = new ResponseMerger();
  let earlierText = '';
  let rounds = 1;
  // Every event has the total so far, over all answers.
  let usage: UsageMetadata | undefined;
  for (const event of events) {
    reports.note(event);
    if (isDiscard(event)) merger = new ResponseMerger();
    else if (event.type === 'usage') usage = event.usage;
    else if (event.type === 'round') {
      // The response is that of the last answer, the text that of all.
      earlierText += merger.text();
      rounds = event.round;
      merger = new ResponseMerger();
    } else {
      const chunk = chunkOf(event);
      if (chunk !== undefined) merger.add(chunk);
    }
  }
  const response = rounds > 1 || usage === undefined ? merger.response : { ...merger.response, usageMetadata: usage };
  const text = earlierText + merger.text();
  const { model, all } = reports;
  const outcome = conclude({ response, text, model, attempts: all.length, attemptReports: all, error });
  return usage === undefined ? outcome : { ...outcome, usage, usageKind: 'last-seen' };
}
