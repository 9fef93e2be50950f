import { createSseParser } from '@gemini/sse-parser';
import { createParser } from 'eventsource-parser';
import { chunkProblem } from '../../../packages/client/src/wire/guard.ts';
import { ResponseMerger } from '../../../packages/client/src/merge/merge-response.ts';
import type { PayloadReader } from '../../../packages/client/src/answer/answer-form.ts';
import { InteractionThread } from '../../../packages/client/src/interactions/interaction-thread.ts';
import { ChunkReader } from '../../../packages/client/src/wire/read-chunk.ts';
import type { Contestant } from '../measure/interleave.ts';
import { countCandidates } from '../sse-parser/own-contestants.ts';

export const bare = 'eventsource-parser + JSON.parse (bare)';
export const client = 'client: events and merged response';
export const interaction = 'client: an interaction of the same size';
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
  { name: client, run: () => readWith(new ChunkReader(1e9), chunks) },
];

/** The same for a response of the Interactions API, with its steps and the place to continue from. */
export const makeInteractionContestant = (chunks: readonly Uint8Array[]): Contestant => ({
  name: interaction,
  run() {
    const url = new URL('http://127.0.0.1/v1beta/interactions');
    const thread = new InteractionThread(
      { type: 'create', bodies: [{ input: 'hi' }] },
      { url, followUrl: () => url, maxResponseBytes: 1e9, keepSteps: true },
    );
    return readWith(thread.reader(), chunks);
  },
});

const readWith = (reader: PayloadReader, chunks: readonly Uint8Array[]): number => {
  let texts = 0;
  const merger = new ResponseMerger();
  const parser = createSseParser({
    onEvent({ data, event }) {
      const chunk = reader.read(data, event);
      if (chunk === undefined) return;
      merger.add(chunk, (emitted) => {
        if (emitted.type === 'text-delta') texts += 1;
      });
    },
  });
  for (const chunk of chunks) parser.push(chunk);
  parser.end();
  if (merger.text() === '') throw new Error('Nothing was merged.');
  return texts;
};

/** Contestants that measure the guard of a chunk beside its parsing. */
export const makeGuardContestants = (payloads: readonly string[]): Contestant[] => {
  const parsed = payloads.map((payload) => JSON.parse(payload) as unknown);
  return [
    { name: parse, run: () => payloads.map((payload) => JSON.parse(payload) as unknown).length },
    { name: guard, run: () => parsed.filter((chunk) => chunkProblem(chunk) === undefined).length },
  ];
};
