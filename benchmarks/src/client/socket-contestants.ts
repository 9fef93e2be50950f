import { createGoogle } from '@ai-sdk/google';
import { createGemini, type Gemini, type GeminiOptions, type StartStreamOptions } from '@gemini/client';
import { GoogleGenAI } from '@google/genai';
import { streamText } from 'ai';
import { createParser } from 'eventsource-parser';
import { Stream } from 'openai/core/streaming';
import { Agent, request } from 'undici';

interface Chunk {
  readonly candidates?: readonly { readonly content?: { readonly parts?: readonly { readonly text?: string }[] } }[];
}

/** Reads the stream at a base URL to its end, and tells the text of each event. */
export type Contestant = (baseUrl: string, onText: (text: string) => void) => Promise<void>;

export const bare = 'undici + eventsource-parser (bare)';
export const keeping = 'bare, keeps the text';
export const subscriber = 'client, one subscriber';
export const forgetting = 'client, keeps nothing';
export const genaiName = '@google/genai';
const iterator = 'client, for await';

/** Those that the goals are about; the others are peers. */
export const own = [bare, keeping, subscriber, forgetting, iterator] as const;

const model = 'gemini-flash-latest';
const prompt = 'hi';
const path = `/v1beta/models/${model}:streamGenerateContent?alt=sse`;
const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: prompt }] }] });
const headers = { 'content-type': 'application/json' };
const agent = new Agent({ bodyTimeout: 0, headersTimeout: 0 });

const tell = (chunk: Chunk, onText: (text: string) => void): void => {
  onText(chunk.candidates?.[0]?.content?.parts?.[0]?.text ?? '');
};

const byHand: Contestant = async (baseUrl, onText) => {
  const response = await request(`${baseUrl}${path}`, { method: 'POST', headers, body, dispatcher: agent });
  const parser = createParser({ onEvent: ({ data }) => tell(JSON.parse(data) as Chunk, onText) });
  const decoder = new TextDecoder();
  await new Promise<void>((resolve, reject) => {
    response.body
      .on('data', (chunk: Buffer) => parser.feed(decoder.decode(chunk, { stream: true })))
      .once('end', () => resolve())
      .once('error', reject);
  });
};

/** Every program that shows an answer, or sends it back as history, keeps it. */
const byHandKeeping: Contestant = async (baseUrl, onText) => {
  let answer = '';
  await byHand(baseUrl, (text) => {
    answer += text;
    onText(text);
  });
  if (answer === '') throw new Error('Nothing came.');
};

type ClientOf = (baseUrl: string) => Gemini;

// One client for all the streams of a place, as a program has it.
const clientsWith = (manager: GeminiOptions['manager']): ClientOf => {
  const clients = new Map<string, Gemini>();
  return (baseUrl) => {
    const known = clients.get(baseUrl);
    if (known !== undefined) return known;
    const gemini = createGemini({ baseUrl, apiKey: 'none', manager: { maxStreams: 10_000, ...manager } });
    clients.set(baseUrl, gemini);
    return gemini;
  };
};
const clientOf = clientsWith({});

const subscribed = (clientAt: ClientOf, options: StartStreamOptions): Contestant => {
  return async (baseUrl, onText) => {
    const gemini = clientAt(baseUrl);
    const id = gemini.startStream(prompt, options);
    const { ended } = gemini.subscribeStream(id, (event) => event.type === 'text-delta' && onText(event.text));
    const end = await ended;
    if (end.status !== 'completed') throw new Error(`The stream ended as ${end.status}.`);
  };
};

const iterated: Contestant = async (baseUrl, onText) => {
  for await (const text of clientOf(baseUrl).stream(prompt).textStream) onText(text);
};

const genai: Contestant = async (baseUrl, onText) => {
  const { models } = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl, apiVersion: 'v1beta' } });
  for await (const chunk of await models.generateContentStream({ model, contents: prompt })) tell(chunk, onText);
};

const aiSdk: Contestant = async (baseUrl, onText) => {
  const google = createGoogle({ apiKey: 'none', baseURL: `${baseUrl}/v1beta` });
  for await (const text of streamText({ model: google(model), prompt }).textStream) onText(text);
};

const openai: Contestant = async (baseUrl, onText) => {
  const response = await fetch(`${baseUrl}${path}`, { method: 'POST', headers, body });
  for await (const chunk of Stream.fromSSEResponse<Chunk>(response, new AbortController())) tell(chunk, onText);
};

/** By name; `bare` is what the others are measured by. */
export const contestants: Readonly<Record<string, Contestant>> = {
  [bare]: byHand,
  [keeping]: byHandKeeping,
  [subscriber]: subscribed(clientOf, {}),
  [forgetting]: subscribed(clientsWith({ maxHistoryBytes: 0 }), { keepContent: false }),
  [iterator]: iterated,
  'openai, Stream': openai,
  [genaiName]: genai,
  'ai, streamText': aiSdk,
};
