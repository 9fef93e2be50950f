import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { countCases } from '../../../scripts/count-cases.ts';
import { createSseParser } from '../src/index.ts';
import { type EventStreamCase, eventStreamCases, type EventStreamMessage } from './event-stream-cases.ts';
import { inPiecesOf } from './parse-all.ts';

/** More cases in a file of the same shape, with `id` for the name and the wire in base64. */
const readCases = (path: string): EventStreamCase[] => {
  const cases = JSON.parse(readFileSync(path, 'utf8')) as {
    id: string;
    wireBase64: string;
    events: EventStreamMessage[];
    retry?: number | null;
  }[];
  return cases.map(({ id, wireBase64, events, retry = null }) => {
    const wire = Uint8Array.from(Buffer.from(wireBase64, 'base64'));
    return { name: `${id} (given)`, wire, events, retry };
  });
};

const givenCases = process.env['GEMINI_WPT_EVENTSOURCE'];
const cases = givenCases === undefined ? eventStreamCases : [...eventStreamCases, ...readCases(givenCases)];

/** The events in a browser. */
const read = (pieces: Iterable<Uint8Array>) => {
  const events: EventStreamMessage[] = [];
  let retry: number | null = null;
  const parser = createSseParser({
    onEvent: ({ event, data }) => events.push({ type: event ?? 'message', data, lastEventId: parser.lastEventId }),
    onRetry: (delayMs) => {
      retry = delayMs;
    },
  });
  for (const piece of pieces) parser.push(piece);
  parser.end();
  return { events, retry };
};

describe('an event stream', () => {
  it.for(cases)('is read as browsers read it: $name', ({ wire, events, retry }, { task }) => {
    const sizes = [1, 2, 3, 7];
    expect(read([wire])).toEqual({ events, retry });
    for (const size of sizes) expect(read(inPiecesOf(size, wire))).toEqual({ events, retry });
    for (let cut = 1; cut < wire.length; cut += 1) {
      expect(read([wire.subarray(0, cut), wire.subarray(cut)])).toEqual({ events, retry });
    }
    countCases(task, 1 + sizes.length + Math.max(0, wire.length - 1));
  });
});
