import { createSseParser, parseSse, SseParserStream } from '@gemini/sse-parser';
import { createParser } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { Contestant } from '../measure/interleave.ts';
import type { Wire } from './gemini-events.ts';

/** Reads a part of each parsed event, so that the engine cannot skip the parsing. */
interface Chunk {
  readonly candidates: readonly unknown[];
}

export const countCandidates = (data: string): number => (JSON.parse(data) as Chunk).candidates.length;

export const openStream = (chunks: readonly Uint8Array[]): ReadableStream<Uint8Array<ArrayBuffer>> => {
  let next = 0;
  return new ReadableStream({
    pull: (controller) => {
      const chunk = chunks[next];
      next += 1;
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
    },
  });
};

/** The cheapest source there is: what it costs is the iteration's, not a socket's. */
const iterate = (chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => {
    const iterator = chunks[Symbol.iterator]();
    return { next: () => Promise.resolve(iterator.next()) };
  },
});

/** The floor: the offsets of the payloads are known, so each is only decoded and parsed. */
const runFloor = ({ bytes, payloads }: Wire): number => {
  const decoder = new TextDecoder();
  let events = 0;
  for (const [start, end] of payloads) events += countCandidates(decoder.decode(bytes.subarray(start, end)));
  return events;
};

/** The plain composition by hand. */
const runBare = (chunks: readonly Uint8Array[]): number => {
  let events = 0;
  const decoder = new TextDecoder();
  const parser = createParser({
    onEvent: ({ data }) => {
      events += countCandidates(data);
    },
  });
  for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
  return events;
};

const runPush = (chunks: readonly Uint8Array[]): number => {
  let events = 0;
  const parser = createSseParser({
    onEvent: ({ data }) => {
      events += countCandidates(data);
    },
    // As the transport uses it: what is not SSE is watched for.
    onText: () => {},
  });
  for (const chunk of chunks) parser.push(chunk);
  parser.end();
  return events;
};

const runIteration = async (chunks: readonly Uint8Array[]): Promise<number> => {
  let events = 0;
  for await (const { data } of parseSse(iterate(chunks))) events += countCandidates(data);
  return events;
};

const runStream = async (stream: ReadableStream<{ readonly data: string }>): Promise<number> => {
  let events = 0;
  for await (const { data } of stream) events += countCandidates(data);
  return events;
};

export const floor = 'floor (borders known)';
export const bare = 'TextDecoder + eventsource-parser';
export const push = 'createSseParser';
export const iteration = 'parseSse, for await';

/** Those whose ratios are close, and need many rounds. */
export const makeOwnContestants = (wire: Wire, chunks: readonly Uint8Array[]): Contestant[] => [
  { name: floor, run: () => runFloor(wire) },
  { name: bare, run: () => runBare(chunks) },
  { name: push, run: () => runPush(chunks) },
  { name: iteration, run: () => runIteration(chunks) },
];

/** Those that go through web streams. */
export const makeStreamContestants = (chunks: readonly Uint8Array[]): Contestant[] => [
  { name: 'SseParserStream', run: () => runStream(openStream(chunks).pipeThrough(new SseParserStream())) },
  {
    name: 'EventSourceParserStream',
    run: () =>
      runStream(openStream(chunks).pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())),
  },
];
