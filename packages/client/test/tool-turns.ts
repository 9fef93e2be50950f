import { createGemini, tool } from '@gemini/client';
import type { Content, GeminiStreamEvent, Part, StreamOptions } from '@gemini/client';
import { createEmulator, type EmulatorOptions } from '@gemini/emulator';
import { z } from 'zod';

/** One retry, without a delay. */
export const retry = { maxAttempts: 2, baseDelayMs: 0 };

/** A part that calls a function. */
export const call = (name: string, args: Record<string, unknown> = {}, id = name): Part => ({
  functionCall: { id, name, args },
});
/** A part with the result of a function. */
export const response = (name: string, result: Record<string, unknown>, id = name): Part => ({
  functionResponse: { id, name, response: result },
});
export const user = (...parts: Part[]): Content => ({ role: 'user', parts });
export const model = (...parts: Part[]): Content => ({ role: 'model', parts });
export const question = user({ text: 'Go.' });

/** Returns the number of timers of the process. */
export const timersCount = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

/** A server that answers the first turn with these parts, one chunk each, and every later one with a text. */
export const asking = (parts: readonly Part[], more: EmulatorOptions = {}): EmulatorOptions => ({
  script: [{ match: { turn: 1 }, reply: { parts: parts as never } }, { reply: { text: ['Done', '.'] } }],
  ...more,
});

/** Runs a turn of a chat, and returns what its reader, its outcome and the server saw. */
export async function run(options: EmulatorOptions, toolOptions: StreamOptions) {
  await using emulator = await createEmulator(options);
  // This model demands no signatures: what a test asks for is sent unchanged.
  const chat = createGemini({ baseUrl: emulator.url, retry, model: 'gemini-2.5-flash' }).chat();
  const stream = chat.stream('Go.', toolOptions);
  const events: GeminiStreamEvent[] = [];
  try {
    for await (const event of stream) events.push(event);
  } catch {
    // The outcome reports the error.
  }
  const outcome = await stream.outcome;
  const contents = emulator.requests.map(({ body }) => (body as { contents: Content[] }).contents);
  return { outcome, events, types: events.map(({ type }) => type), contents, requests: emulator.requests, chat };
}

export const echo = tool({
  name: 'echo',
  parameters: z.object({ text: z.string() }),
  execute: ({ text }) => ({ said: text }),
});
