import { createSseParser } from '@gemini/sse-parser';
import { createParser } from 'eventsource-parser';
import { chunkProblem } from '../../../packages/client/src/wire/guard.ts';
import { ResponseMerger } from '../../../packages/client/src/merge/merge-response.ts';
import { ChunkReader } from '../../../packages/client/src/wire/read-chunk.ts';
import type { Contestant } from '../measure/interleave.ts';
import { countCandidates } from '../sse-parser/own-contestants.ts';

export const bare = 'eventsource-parser + JSON.parse (bare)';
export const client = 'client: events and merged response';
export const parse = 'JSON.parse';
export const guard = 'the guard';

/** From the bytes of a response to events, with nothing around: what the client does between socket and manager. */
export const makeReadContestants = (chunks: readonly Uint8Array[]): Contestant[] => [
  {
    name: bare,
    run() {
      let events = 0;
      const decoder = new TextDecoder();
      const parser = createParser({ onEvent: ({ data }) => void (events += countCandidates(data)) });
      for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
      return events;
    },
  },
  {
    name: client,
    run() {
      let texts = 0;
      const reader = new ChunkReader(1e9);
      const merger = new ResponseMerger();
      const parser = createSseParser({
        onEvent({ data }) {
          const chunk = reader.read(data);
          if (chunk === undefined) return;
          merger.add(chunk, (event) => {
            if (event.type === 'text-delta') texts += 1;
          });
        },
      });
      for (const chunk of chunks) parser.push(chunk);
      parser.end();
      if (merger.text() === '') throw new Error('Nothing was merged.');
      return texts;
    },
  },
];

/** Contestants that measure the guard of a chunk beside its parsing. */
export const makeGuardContestants = (payloads: readonly string[]): Contestant[] => {
  const parsed = payloads.map((payload) => JSON.parse(payload) as unknown);
  return [
    { name: parse, run: () => payloads.map((payload) => JSON.parse(payload) as unknown).length },
    { name: guard, run: () => parsed.filter((chunk) => chunkProblem(chunk) === undefined).length },
  ];
};
