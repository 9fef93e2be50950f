import { createGoogle } from '@ai-sdk/google';
import { createGemini, type Gemini, type GeminiOptions, type StartStreamOptions } from '@gemini/client';
import { GoogleGenAI } from '@google/genai';
import { streamText } from 'ai';
import { createParser } from 'eventsource-parser';
import { Stream } from 'openai/core/streaming';
import { Agent, request } from 'undici';
import { contestants as transports } from '../http-streaming/contestants.ts';

interface Chunk {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly { readonly text?: string }[] };
    readonly finishReason?: string;
  }[];
  readonly usageMetadata?: object;
  readonly error?: { readonly code?: number; readonly message?: string };
}

/** Reads the stream at a base URL to its end, and tells the text of each event. */
export type Contestant = (baseUrl: string, onText: (text: string) => void) => Promise<void>;

export const raw = 'raw socket';
export const bare = 'undici + eventsource-parser (bare)';
export const sameJob = 'the same job by hand';
export const withPromises = 'the same job with the promises';
export const subscriber = 'client, one subscriber';
export const forgetting = 'client, keeps nothing';
export const genaiName = '@google/genai';
export const iterator = 'client, for await';

const model = 'gemini-flash-latest';
const prompt = 'hi';
const path = `/v1beta/models/${model}:streamGenerateContent?alt=sse`;
const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: prompt }] }] });
const headers = { 'content-type': 'application/json' };
const agent = new Agent({ bodyTimeout: 0, headersTimeout: 0 });

const tell = (chunk: Chunk, onText: (text: string) => void): void => {
  onText(chunk.candidates?.[0]?.content?.parts?.[0]?.text ?? '');
};

/** The reading of one stream by hand: what to do with each payload, and with the end of the body. */
interface ByHand {
  onBytes?(chunk: Buffer): void;
  onPayload(data: string): void;
  onEnd?(): void;
}

const readByHand = async (baseUrl: string, reader: ByHand): Promise<void> => {
  const response = await request(`${baseUrl}${path}`, { method: 'POST', headers, body, dispatcher: agent });
  const parser = createParser({ onEvent: ({ data }) => reader.onPayload(data) });
  const decoder = new TextDecoder();
  await new Promise<void>((resolve, reject) => {
    response.body
      .on('data', (chunk: Buffer) => {
        reader.onBytes?.(chunk);
        parser.feed(decoder.decode(chunk, { stream: true }));
      })
      .once('end', () => {
        reader.onEnd?.();
        resolve();
      })
      .once('error', reject);
  });
};

const rawSocket: Contestant = async (baseUrl, onText) => {
  await transports[raw]?.(`${baseUrl}${path}`, (writtenUs) => onText(String(writtenUs).padStart(16, '0')));
};

const byHand: Contestant = (baseUrl, onText) =>
  readByHand(baseUrl, { onPayload: (data) => tell(JSON.parse(data) as Chunk, onText) });

/** An answer that any client keeps: an event for each chunk, for replay; the joined text; the last token counts. */
class KeptAnswer {
  readonly #events: { readonly type: 'text-delta'; readonly text: string; readonly candidate: number }[] = [];
  #text = '';
  #usage: object | undefined;
  #finishReason: string | undefined;

  add(chunk: Chunk, onText: (text: string) => void): void {
    const candidate = chunk.candidates?.[0];
    const text = candidate?.content?.parts?.[0]?.text ?? '';
    this.#events.push({ type: 'text-delta', text, candidate: 0 });
    this.#text += text;
    if (chunk.usageMetadata !== undefined) this.#usage = chunk.usageMetadata;
    if (candidate?.finishReason !== undefined) this.#finishReason = candidate.finishReason;
    onText(text);
  }

  get isWhole(): boolean {
    return this.#finishReason !== undefined;
  }

  /** @throws Error if nothing was kept */
  check(): void {
    if (this.#events.length === 0 || this.#text === '' || this.#usage === undefined) throw new Error('Nothing came.');
  }
}

const byHandKeeping: Contestant = async (baseUrl, onText) => {
  const answer = new KeptAnswer();
  await readByHand(baseUrl, { onPayload: (data) => answer.add(JSON.parse(data) as Chunk, onText) });
  answer.check();
};

const idleTimeoutMs = 60_000;
const maxGaps = 512;
const maxEventBytes = 16 * 1_024 * 1_024;

/** The same job, with what the client promises written for this one stream: silence, times, errors, limits and cuts. */
const byHandWithPromises: Contestant = async (baseUrl, onText) => {
  const answer = new KeptAnswer();
  const timer = setTimeout(() => undefined, idleTimeoutMs);
  const gaps: number[] = [];
  let [bytes, lastMs, firstMs] = [0, 0, 0];
  await readByHand(baseUrl, {
    onBytes(chunk) {
      timer.refresh();
      bytes += chunk.length;
      const nowMs = performance.now();
      if (firstMs === 0) firstMs = nowMs;
      else if (gaps.length < maxGaps) gaps.push(nowMs - lastMs);
      else gaps[bytes % maxGaps] = nowMs - lastMs;
      lastMs = nowMs;
    },
    onPayload(data) {
      if (data.length > maxEventBytes) throw new Error('The event is too large.');
      const chunk = JSON.parse(data) as Chunk;
      if (typeof chunk !== 'object' || chunk === null) throw new Error('This is no chunk.');
      if (chunk.error !== undefined) throw new Error(chunk.error.message);
      if (chunk.candidates !== undefined && !Array.isArray(chunk.candidates)) throw new Error('This is no chunk.');
      for (const { content } of chunk.candidates ?? []) {
        if (content?.parts !== undefined && !Array.isArray(content.parts)) throw new Error('This is no chunk.');
        for (const { text } of content?.parts ?? []) if (typeof text !== 'string') throw new Error('This is no text.');
      }
      answer.add(chunk, onText);
    },
    onEnd() {
      clearTimeout(timer);
      if (!answer.isWhole) throw new Error('The answer was cut.');
    },
  });
  answer.check();
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

/** By name. {@link sameJob} is what the client is measured by. */
export const contestants: Readonly<Record<string, Contestant>> = {
  [raw]: rawSocket,
  [bare]: byHand,
  [sameJob]: byHandKeeping,
  [withPromises]: byHandWithPromises,
  [subscriber]: subscribed(clientOf, {}),
  [forgetting]: subscribed(clientsWith({ maxHistoryBytes: 0 }), { keepContent: false }),
  [iterator]: iterated,
  'openai, Stream': openai,
  [genaiName]: genai,
  'ai, streamText': aiSdk,
};
