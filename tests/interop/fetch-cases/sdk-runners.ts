import { createGoogleGenerativeAI } from '@ai-sdk/google';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { streamText } from 'ai';
import OpenAI from 'openai';

/** The server that an SDK asks, and how. */
export interface SdkTarget {
  readonly baseUrl: string;
  /** `undefined`: the SDK as it is. */
  readonly fetch: typeof fetch | undefined;
  readonly signal: AbortSignal;
  /** Called with each text. A `false` leaves the loop. */
  readonly onText: (text: string) => boolean;
  /** Called with each finish and block reason. */
  readonly onSign: (sign: string) => void;
}

/** Asks for one stream and reads it to its end. Throws what the SDK throws or reports. */
export type SdkRunner = (target: SdkTarget) => Promise<void>;

/** Reads as the README of `@google/genai` shows it. */
export const runGenai: SdkRunner = async ({ baseUrl, fetch, signal, onText, onSign }) => {
  const httpOptions = { baseUrl, ...(fetch === undefined ? {} : { fetch }) };
  const ai = new GoogleGenAI({ apiKey: sdkKey, apiVersion: 'v1beta', httpOptions });
  const stream = await ai.models.generateContentStream({
    model: 'gemini-flash-latest',
    contents: 'hi',
    config: { abortSignal: signal },
  });
  for await (const chunk of stream) {
    for (const sign of [chunk.promptFeedback?.blockReason, chunk.candidates?.[0]?.finishReason]) {
      if (sign !== undefined) onSign(sign);
    }
    // Its getter `text` warns about parts of other kinds on the console.
    const parts = chunk.candidates?.find(({ index = 0 }) => index === 0)?.content?.parts ?? [];
    if (!onText(parts.map(({ text = '' }) => text).join(''))) break;
  }
};

/** Reads `fullStream`, the only one of its streams that has the errors. */
export const runAiSdk: SdkRunner = async ({ baseUrl, fetch, signal, onText, onSign }) => {
  const provider = createGoogleGenerativeAI({
    baseURL: `${baseUrl}/v1beta`,
    apiKey: sdkKey,
    ...(fetch === undefined ? {} : { fetch }),
  });
  const { fullStream } = streamText({
    model: provider('gemini-flash-latest'),
    prompt: 'hi',
    abortSignal: signal,
    onError: () => {},
  });
  for await (const part of fullStream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'finish') onSign(part.finishReason);
    // The stream of a provider that ended without a finish chunk, which has no error.
    if (part.type === 'text-delta' && !onText(part.text)) break;
  }
};

/** Reads a chat completion. */
export const runOpenAi: SdkRunner = async ({ baseUrl, fetch, signal, onText, onSign }) => {
  const client = new OpenAI({ apiKey: sdkKey, baseURL: `${baseUrl}/v1`, logLevel: 'off', fetch });
  const messages = [{ role: 'user', content: 'hi' }] as const;
  const stream = await client.chat.completions.create(
    { model: 'gpt-test', messages: [...messages], stream: true },
    { signal },
  );
  for await (const chunk of stream) {
    const [choice] = chunk.choices;
    if (choice?.finish_reason) onSign(choice.finish_reason);
    if (!onText(choice?.delta.content ?? '')) break;
  }
};

/** Reads a message. */
export const runAnthropic: SdkRunner = async ({ baseUrl, fetch, signal, onText, onSign }) => {
  const client = new Anthropic({ apiKey: sdkKey, baseURL: baseUrl, logLevel: 'off', fetch });
  const messages = [{ role: 'user', content: 'hi' }] as const;
  const stream = await client.messages.create(
    { model: 'claude-test', max_tokens: 100, messages: [...messages], stream: true },
    { signal },
  );
  for await (const event of stream) {
    if (event.type === 'message_delta' && event.delta.stop_reason !== null) onSign(event.delta.stop_reason);
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta' && !onText(event.delta.text)) break;
  }
};

/** Long enough to be looked for in errors. */
export const sdkKey = 'sk-a-key-that-must-not-leak';
