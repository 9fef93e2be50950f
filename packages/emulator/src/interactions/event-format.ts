import { type EventFormat, type TimedPayload } from '../wire/response.ts';
import { type WireStep, writeText } from '../wire/reply.ts';

/**
 * Server-sent events as the Interactions API writes them: each with the name of its type, ended by LF, and last an event
 * `done` with an end marker.
 */
export const interactionFormat: EventFormat = {
  contentType: 'text/event-stream',
  event: (event) => `event: ${nameOf(event)}\ndata: ${JSON.stringify(event)}\n\n`,
  close: () => 'event: done\ndata: [DONE]\n\n',
};

function nameOf(event: object): string {
  return 'event_type' in event ? String(event.event_type) : 'message';
}

/** Yields the wire steps of events that come over time: one write for each. */
export async function* encodeEvents(
  events: AsyncIterable<TimedPayload>,
  format: EventFormat,
): AsyncGenerator<WireStep> {
  let count = 0;
  for await (const { waitMs, chunk } of events) {
    if (waitMs > 0) yield { type: 'wait', ms: waitMs };
    yield writeText(format.event(chunk, count));
    count += 1;
  }
  yield writeText(format.close(count));
}
