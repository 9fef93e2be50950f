import { createGoogle } from '@ai-sdk/google';
import { createStreamingFetch } from '@gemini/fetch';
import { GoogleGenAI } from '@google/genai';
import { streamText } from 'ai';
import { createParser } from 'eventsource-parser';
import { Stream } from 'openai/core/streaming';

interface Chunk {
  readonly candidates?: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string }[] } }[];
}

/** Reads the stream at a base URL to its end with a fetch, and reports the text of each event. */
type Reader = (fetch: typeof globalThis.fetch, baseUrl: string, onText: (text: string) => void) => Promise<void>;

const model = 'gemini-flash-latest';
const path = `/v1beta/models/${model}:streamGenerateContent?alt=sse`;
const init = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
} as const;

const textOf = (chunk: Chunk): string => chunk.candidates?.[0]?.content?.parts?.[0]?.text ?? '';

/** The reader that is no SDK. */
export const parserAlone = 'eventsource-parser';

/** The reader whose events cost so much that fewer are enough. */
export const slowest = 'ai, streamText';

/** By name: the SDKs, the parser that most of them use, and the stream class of one that has its own. */
const readers: Readonly<Record<string, Reader>> = {
  [parserAlone]: async (fetch, baseUrl, onText) => {
    const { body } = await fetch(`${baseUrl}${path}`, init);
    const parser = createParser({ onEvent: ({ data }) => onText(textOf(JSON.parse(data) as Chunk)) });
    const decoder = new TextDecoder();
    for await (const chunk of body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  },
  'openai, Stream': async (fetch, baseUrl, onText) => {
    const response = await fetch(`${baseUrl}${path}`, init);
    for await (const chunk of Stream.fromSSEResponse<Chunk>(response, new AbortController())) onText(textOf(chunk));
  },
  '@google/genai': async (fetch, baseUrl, onText) => {
    const { models } = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl, apiVersion: 'v1beta', fetch } });
    for await (const chunk of await models.generateContentStream({ model, contents: 'hi' })) onText(textOf(chunk));
  },
  [slowest]: async (fetch, baseUrl, onText) => {
    const google = createGoogle({ apiKey: 'none', baseURL: `${baseUrl}/v1beta`, fetch });
    for await (const text of streamText({ model: google(model), prompt: 'hi' }).textStream) onText(text);
  },
};

/** The names of the readers. */
export const readerNames: readonly string[] = Object.keys(readers);

const fetches = { host: globalThis.fetch, ours: createStreamingFetch() } as const;

/** The fetch below a reader. */
export type FetchName = keyof typeof fetches;

/**
 * Returns a reader over one of the fetches.
 * @throws Error for an unknown name
 */
export function readerOver(
  name: string,
  fetch: FetchName,
): (baseUrl: string, onText: (text: string) => void) => Promise<void> {
  const read = readers[name];
  if (read === undefined) throw new Error(`expected one of ${readerNames.join(', ')}, got ${name}`);
  return (baseUrl, onText) => read(fetches[fetch], baseUrl, onText);
}
