import type { ResponseChunk, TimedChunk } from './response-chunk.ts';
import { type WireStep, writeText } from './reply.ts';

/** How chunks become bytes: the frame around each, what comes first and what comes last. */
export interface EventFormat {
  readonly contentType: string;
  event(chunk: ResponseChunk, index: number): string;
  /** What follows the last of `count` events; empty for server-sent events, whose end is the end of the body. */
  close(count: number): string;
}

/** Server-sent events as the API writes them: one `data:` line, CRLF, a blank line, no sentinel. */
export const serverSentEvents: EventFormat = {
  contentType: 'text/event-stream',
  event: (chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`,
  close: () => '',
};

/** What the API sends when `alt=sse` is absent: one JSON array, streamed, with pretty-printed items. */
export const jsonArray: EventFormat = {
  contentType: 'application/json; charset=UTF-8',
  event: (chunk, index) => `${index === 0 ? '[' : ',\r\n'}${JSON.stringify(chunk, undefined, 2)}\n`,
  close: (count) => (count === 0 ? '[]\n' : ']\n'),
};

/** The wire steps of a stream of chunks: one write an event. */
export function* encodeChunks(chunks: Iterable<TimedChunk>, format: EventFormat): Generator<WireStep> {
  let count = 0;
  for (const { waitMs, chunk } of chunks) {
    if (waitMs > 0) yield { type: 'wait', ms: waitMs };
    yield writeText(format.event(chunk, count));
    count += 1;
  }
  const end = format.close(count);
  if (end !== '') yield writeText(end);
}
