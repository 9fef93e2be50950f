import { createEmulator } from '@gemini/emulator';
import type { SseEvent } from '@gemini/sse-parser';
import {
  openEventStream,
  type EventStreamOptions,
  type EventStreamRequest,
  type HttpStreamError,
} from '@gemini/http-streaming';

/** The events and the end of one stream, as its caller saw them. */
export interface Outcome {
  readonly events: readonly SseEvent[];
  readonly text: string;
  readonly bodyEnd?: string | undefined;
  readonly error?: HttpStreamError | undefined;
}

export const apiPath = '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';
export const prompt = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
export const apiKey = 'test-key-1234';

/** A prompt as the client sends it. */
export function requestTo(baseUrl: string, more: Partial<EventStreamRequest> = {}): EventStreamRequest {
  return { url: `${baseUrl}${apiPath}`, json: prompt, headers: { 'x-goog-api-key': apiKey }, ...more };
}

/** Opens and consumes a stream to its end. One attempt, unless `options` say otherwise. */
export async function outcomeOf(request: EventStreamRequest, options: EventStreamOptions = {}): Promise<Outcome> {
  const events: SseEvent[] = [];
  let text = '';
  try {
    const stream = await openEventStream(request, { retry: false, ...options });
    return await new Promise((resolve) => {
      stream.consume({
        event: (event) => events.push(event),
        text(more) {
          text += more;
        },
        end: (bodyEnd) => resolve({ events, text, bodyEnd }),
        error: (error) => resolve({ events, text, error }),
      });
    });
  } catch (error) {
    return { events, text, error: error as HttpStreamError };
  }
}

/** The number of events of a plain answer to `prompt`. */
export const answerLength = await countAnswer();

async function countAnswer(): Promise<number> {
  await using emulator = await createEmulator();
  return (await outcomeOf(requestTo(emulator.url))).events.length;
}
