import { openEventStream, type DeliveryVerdict, type EventStream, type StreamTiming } from '@gemini/http-streaming';
import type { EventStreamOptions } from '@gemini/http-streaming';
import { GeminiError } from './errors.ts';
import { failureOf } from './failure-of.ts';
import { parseGoogleRpcError } from './google-rpc-error.ts';
import { readChunk } from './read-chunk.ts';
import type { GenerateContentResponse } from './wire.ts';

/** One request to send. */
export interface AttemptRequest {
  readonly url: URL;
  readonly body: unknown;
  readonly signal: AbortSignal;
  readonly http: EventStreamOptions;
  /** The credentials, asked for anew each time. `secret` is blotted out of what the server says. */
  authorize(): Promise<{ readonly headers: Readonly<Record<string, string>>; readonly secret: string | undefined }>;
}

/** How a request ended. */
export interface AttemptEnd {
  /** Why, where it did not end by itself. */
  readonly error: GeminiError | undefined;
  /** The last event was cut: it was no whole JSON. */
  readonly isCut: boolean;
}

/** Told what happens; `ended` comes once, last. A throw out of `chunk` ends the request with that error. */
export interface AttemptHandlers {
  /** The request goes out now. */
  sent(): void;
  /** The response headers are in. */
  opened(): void;
  /** `length` is the payload's, in characters. */
  chunk(chunk: GenerateContentResponse, length: number): void;
  ended(end: AttemptEnd): void;
}

/** A request on its way. */
export interface Attempt {
  /** While paused, the socket is not read. */
  pause(): void;
  resume(): void;
  /** Closes the socket; nothing is told any more. */
  cancel(): void;
  readonly timing: StreamTiming | undefined;
  verdict(): DeliveryVerdict | undefined;
}

/** The most that is kept of a body's text which is no event: an error, in practice. */
const maxForeignLength = 64 * 1024;

/** Sends one request, once, and tells its chunks in the socket's own turn. */
export function startAttempt(request: AttemptRequest, handlers: AttemptHandlers): Attempt {
  let eventStream: EventStream | undefined;
  let control: { pause(): void; resume(): void } | undefined;
  let secret: string | undefined;
  let eventIndex = 0;
  let foreignText = '';
  let isPaused = false;
  let isCut = false;
  let isOver = false;

  const end = (cause?: unknown): void => {
    if (isOver) return;
    isOver = true;
    eventStream?.cancel();
    // An error in plain text tells why the body then ended as it did.
    const said = foreignText === '' ? undefined : parseGoogleRpcError(foreignText, { apiKey: secret });
    handlers.ended({ error: said ?? (cause === undefined ? undefined : failureOf(cause, secret)), isCut });
  };
  const take = (data: string, isUnterminated: boolean): void => {
    if (isOver) return;
    let chunk: GenerateContentResponse | undefined;
    try {
      chunk = readChunk(data, { index: eventIndex, apiKey: secret });
      eventIndex += 1;
      if (chunk !== undefined) handlers.chunk(chunk, data.length);
    } catch (error) {
      // Half an event is no invalid one: the wire ended inside it.
      if (isUnterminated && error instanceof GeminiError && error.code === 'invalid-chunk') isCut = true;
      else end(error);
    }
  };

  async function open(): Promise<void> {
    const { url, body, signal, http } = request;
    const authorized = await request.authorize();
    if (isOver) return;
    secret = authorized.secret;
    handlers.sent();
    const { headers } = authorized;
    eventStream = await openEventStream({ url, method: 'POST', headers, json: body, signal }, http);
    if (isOver) return eventStream.cancel();
    handlers.opened();
    control = eventStream.consume({
      event: ({ data, unterminated }) => take(data, unterminated === true),
      text(text) {
        foreignText = (foreignText + text).slice(0, maxForeignLength);
      },
      end: () => end(),
      error: end,
    });
    if (isPaused) control.pause();
  }

  open().catch(end);
  return {
    pause() {
      isPaused = true;
      control?.pause();
    },
    resume() {
      isPaused = false;
      control?.resume();
    },
    cancel() {
      isOver = true;
      eventStream?.cancel();
    },
    get timing() {
      return eventStream?.timing;
    },
    verdict: () => eventStream?.verdict(),
  };
}
