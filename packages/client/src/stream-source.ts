import { openEventStream, type DeliveryVerdict, type EventStream } from '@gemini/http-streaming';
import type { PushSource, StreamSink } from '@gemini/stream-manager';
import { chunkEvents } from './chunk-events.ts';
import { conclude } from './conclude.ts';
import { resolveApiKey } from './credentials.ts';
import { GeminiError } from './errors.ts';
import type { StoredStreamEvent } from './events.ts';
import { failureOf, foreignError } from './failure-of.ts';
import { createFirstSightings, type GeminiStreamTiming } from './first-sightings.ts';
import { createResponseMerger } from './merge/merge-response.ts';
import type { StreamOutcome } from './outcome.ts';
import { readChunk } from './read-chunk.ts';
import type { ResolvedGeminiOptions } from './resolve-options.ts';
import type { GenerateContentRequest, GenerateContentResponse } from './wire.ts';

/** One stream to run. */
export interface StreamSourceOptions {
  readonly id: string;
  readonly model: string;
  readonly url: URL;
  readonly request: GenerateContentRequest;
  readonly rawChunks: boolean;
  readonly gemini: ResolvedGeminiOptions;
}

/** A stream on its way: its timing and verdict may be asked at any time. */
export interface GeminiStreamSource extends PushSource<StoredStreamEvent, StreamOutcome> {
  start(sink: StreamSink<StoredStreamEvent, StreamOutcome>): void;
  timing(): GeminiStreamTiming | undefined;
  verdict(): DeliveryVerdict | undefined;
}

type Sink = StreamSink<StoredStreamEvent, StreamOutcome>;

/** The most that is kept of a body's text which is no event: an error, in practice. */
const maxForeignLength = 64 * 1024;

/**
 * Runs one request and tells what comes, in the socket's own turn: chunk, parser, events, sink, with nothing waiting in
 * between.
 */
export function createStreamSource(options: StreamSourceOptions): GeminiStreamSource {
  const merger = createResponseMerger();
  const firsts = createFirstSightings();
  let eventStream: EventStream | undefined;
  let apiKey: string | undefined;
  let attempts = 0;
  let eventIndex = 0;
  let cut = false;
  let foreignText = '';
  let concluded: StreamOutcome | undefined;

  const settle = (sink: Sink, error?: GeminiError): void => {
    if (concluded !== undefined) return;
    concluded = conclude({ response: merger.response, text: merger.text(), attempts, error, cut });
    eventStream?.cancel();
    if (concluded.error === undefined || concluded.status === 'stopped') sink.end(concluded);
    else sink.fail(concluded.error, concluded);
  };
  const failed = (cause: unknown): GeminiError => failureOf(cause, { apiKey, partial: merger.response });

  const take = (sink: Sink, chunk: GenerateContentResponse, pause: () => void): void => {
    let wanted = true;
    const emit = (event: StoredStreamEvent): void => {
      firsts.see(event);
      if (!sink.push(event)) wanted = false;
    };
    merger.add(chunk);
    if (options.rawChunks) emit({ type: 'chunk', chunk });
    chunkEvents(chunk, emit);
    if (!wanted) pause();
  };

  async function open(sink: Sink): Promise<void> {
    const { gemini, url } = options;
    apiKey = await resolveApiKey(gemini.apiKey, { url, allowInsecure: gemini.allowInsecure });
    attempts += 1;
    const headers = { ...gemini.headers, ...(apiKey === undefined ? {} : { 'x-goog-api-key': apiKey }) };
    eventStream = await openEventStream(
      { url, method: 'POST', headers, json: options.request, signal: sink.signal },
      gemini.http,
    );
    sink.push({ type: 'start', id: options.id, model: options.model, attempt: attempts });
    const control = eventStream.consume({
      event({ data, unterminated }) {
        if (concluded !== undefined) return;
        try {
          const chunk = readChunk(data, { index: eventIndex, apiKey });
          eventIndex += 1;
          if (chunk !== undefined) take(sink, chunk, () => control.pause());
        } catch (error) {
          // Half an event is no invalid one: the wire ended inside it.
          if (unterminated && error instanceof GeminiError && error.code === 'invalid-chunk') cut = true;
          else settle(sink, failed(error));
        }
      },
      text(text) {
        foreignText = (foreignText + text).slice(0, maxForeignLength);
      },
      end: () => settle(sink, foreignText === '' ? undefined : foreignError(foreignText, apiKey, merger.response)),
      error: (error) => settle(sink, failed(error)),
    });
    sink.onResume(() => control.resume());
  }

  return {
    start(sink) {
      // In the very turn of the stop, so that the stopped end carries what had come.
      sink.signal.addEventListener('abort', () => {
        settle(sink, new GeminiError('stopped', 'the stream was stopped', { partial: merger.response }));
      });
      open(sink).catch((error: unknown) => settle(sink, failed(error)));
    },
    timing: () => eventStream && { ...eventStream.timing, ...firsts.timesSince(eventStream.timing.startedAt) },
    verdict: () => eventStream?.verdict(),
  };
}
