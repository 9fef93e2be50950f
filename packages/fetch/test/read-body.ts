import { createStreamingFetch, type StreamEnd, type StreamingFetchOptions } from '@gemini/fetch';

/** The text that one reader of a body got, and the error behind it. */
export interface BodyOutcome {
  readonly text: string;
  readonly error: unknown;
}

/** Reads a body to its end, chunk by chunk. */
export async function readBody(response: Response): Promise<BodyOutcome> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return { text: text + decoder.decode(), error: undefined };
  } catch (error) {
    return { text, error };
  }
}

/** A fetch that notes its ends. */
export function fetchWithEnds(options: StreamingFetchOptions = {}): {
  readonly fetch: typeof fetch;
  readonly ends: readonly StreamEnd[];
  /** Resolves with the first end. */
  readonly ended: Promise<StreamEnd>;
} {
  const ends: StreamEnd[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<StreamEnd>();
  const onEnd = (end: StreamEnd): void => {
    ends.push(end);
    resolve(end);
  };
  return { fetch: createStreamingFetch({ onEnd, ...options }), ends, ended };
}

/** Returns the data of each event in a body. */
export function dataOf(body: string): unknown[] {
  return body
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice(6))
    .map((data) => (data === '[DONE]' ? data : (JSON.parse(data) as unknown)));
}

export const geminiPath = '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';

/** The arguments of a prompt to Gemini. */
export const prompt = {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-goog-api-key': 'a-long-test-key' },
  body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
} as const;
