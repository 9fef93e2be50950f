import type { StoredStreamEvent } from '../stream/events.ts';
import { sumUsage } from '../merge/merge-usage.ts';
import type { StreamOutcome } from '../stream/outcome.ts';

/** The events of one answer as they stand in the turn: requests are counted on, and tokens on top of those before. */
export function createRoundEvents(before: readonly StreamOutcome[]): (event: StoredStreamEvent) => StoredStreamEvent {
  const attempts = before.reduce((sum, answer) => sum + answer.attemptReports.length, 0);
  const usage = before.map((answer) => answer.usage).reduce(sumUsage, undefined);
  return (event) => {
    switch (event.type) {
      case 'start':
      case 'retry':
      case 'resume':
        return attempts === 0 ? event : { ...event, attempt: event.attempt + attempts };
      case 'usage':
        return usage === undefined ? event : { ...event, usage: sumUsage(usage, event.usage) ?? event.usage };
      default:
        return event;
    }
  };
}
