import { createGoogle } from '@ai-sdk/google';
import { GoogleGenAI } from '@google/genai';
import { parseJsonEventStream, streamText } from 'ai';
import { Stream } from 'openai/core/streaming';
import type { Contestant } from '../measure/interleave.ts';
import { openStream } from './own-contestants.ts';

const respond = (chunks: readonly Uint8Array[]): Response =>
  new Response(openStream(chunks), { headers: { 'content-type': 'text/event-stream' } });

const modelName = 'gemini-flash-latest';
const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Go on.' }] }];

const runOpenai = async (chunks: readonly Uint8Array[]): Promise<number> => {
  let events = 0;
  const stream = Stream.fromSSEResponse<{ candidates: unknown[] }>(respond(chunks), new AbortController());
  for await (const { candidates } of stream) events += candidates.length;
  return events;
};

/** The schema passes everything, so that only the parsing is timed. */
const anything = {
  '~standard': { version: 1 as const, vendor: 'benchmark', validate: (value: unknown) => ({ value }) },
};

const runParseJsonEventStream = async (chunks: readonly Uint8Array[]): Promise<number> => {
  let events = 0;
  const schema = anything as unknown as Parameters<typeof parseJsonEventStream>[0]['schema'];
  const stream = parseJsonEventStream({ stream: openStream(chunks), schema });
  for await (const result of stream) if (result.success) events += 1;
  return events;
};

const makeModel = (chunks: readonly Uint8Array[]) =>
  createGoogle({ apiKey: 'none', fetch: async () => respond(chunks) })(modelName);

/** Counts the deltas, of which each event makes one. */
const runDoStream = async (chunks: readonly Uint8Array[]): Promise<number> => {
  let events = 0;
  const { stream } = await makeModel(chunks).doStream({ prompt });
  for await (const part of stream) if (part.type === 'text-delta') events += 1;
  return events;
};

const runStreamText = async (chunks: readonly Uint8Array[]): Promise<number> => {
  let events = 0;
  for await (const _text of streamText({ model: makeModel(chunks), prompt: 'Go on.' }).textStream) events += 1;
  return events;
};

/** This one has no option for the transport but the global. */
const runGenai = async (chunks: readonly Uint8Array[]): Promise<number> => {
  const { fetch } = globalThis;
  globalThis.fetch = async () => respond(chunks);
  try {
    const { models } = new GoogleGenAI({ apiKey: 'none' });
    let events = 0;
    for await (const { candidates } of await models.generateContentStream({ model: modelName, contents: 'Go on.' })) {
      events += candidates?.length ?? 0;
    }
    return events;
  } finally {
    globalThis.fetch = fetch;
  }
};

export const genai = '@google/genai';

/** Other people's clients, from the bytes of a response to their own events. */
export const makePeerContestants = (chunks: readonly Uint8Array[]): Contestant[] => [
  { name: 'openai, Stream', run: () => runOpenai(chunks) },
  { name: 'ai, parseJsonEventStream', run: () => runParseJsonEventStream(chunks) },
  { name: '@ai-sdk/google, doStream', run: () => runDoStream(chunks) },
  { name: genai, run: () => runGenai(chunks) },
  { name: 'ai, streamText', run: () => runStreamText(chunks) },
];
