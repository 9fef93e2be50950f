import type { DeliveryVerdict } from '@gemini/http-streaming';
import type { PushSource, StreamSink } from '@gemini/stream-manager';
import type { AttemptEnd } from './attempt.ts';
import { createAttempts, type Attempts } from './attempts.ts';
import { conclude } from './conclude.ts';
import { authorize } from './credentials.ts';
import { GeminiError } from './errors.ts';
import type { StoredStreamEvent } from './events.ts';
import { createFirstSightings, type GeminiStreamTiming } from './first-sightings.ts';
import type { StreamOutcome } from './outcome.ts';
import type { ResolvedGeminiOptions } from './resolve-options.ts';
import { createStreamTrace } from './stream-trace.ts';
import type { GenerateContentRequest } from './wire.ts';

/** One stream to run. */
export interface StreamSourceOptions {
  readonly id: string;
  readonly model: string;
  readonly url: URL;
  readonly request: GenerateContentRequest;
  readonly rawChunks: boolean;
  readonly restart: boolean;
  readonly gemini: ResolvedGeminiOptions;
}

/** A stream on its way: its timing and verdict may be asked at any time. */
export interface GeminiStreamSource extends PushSource<StoredStreamEvent, StreamOutcome> {
  start(sink: StreamSink<StoredStreamEvent, StreamOutcome>): void;
  /** The last event that declared void what came before it: who comes later starts after it. */
  readonly voided: StoredStreamEvent | undefined;
  readonly restarts: boolean;
  timing(): GeminiStreamTiming | undefined;
  verdict(): DeliveryVerdict | undefined;
}

type Sink = StreamSink<StoredStreamEvent, StreamOutcome>;

/**
 * Runs a stream's requests and tells what comes, in the socket's own turn: chunk, parser, events, sink, with nothing
 * waiting in between.
 */
export function createStreamSource(options: StreamSourceOptions): GeminiStreamSource {
  const { id, model, request, rawChunks, restart, gemini, url } = options;
  const firsts = createFirstSightings();
  const trace = createStreamTrace({ id, model });
  let voided: StoredStreamEvent | undefined;
  let attempts: Attempts | undefined;
  let isConcluded = false;

  const prepare = (sink: Sink): Attempts => {
    const emit = (event: StoredStreamEvent): void => {
      firsts.see(event);
      trace.event(event);
      if (event.type === 'retry' && event.discardFrom !== undefined) voided = event;
      if (!sink.push(event)) requests.pause();
    };
    const settle = ({ error, isCut }: AttemptEnd): void => {
      if (isConcluded) return;
      const { merger } = requests;
      const facts = { response: merger.response, attempts: requests.count, attemptReports: requests.reports() };
      const outcome = conclude({ ...facts, text: merger.text(), error, isCut });
      if (outcome.error === undefined) merger.finish(emit);
      // A subscriber may have stopped the stream on hearing that.
      if (isConcluded) return;
      isConcluded = true;
      requests.stop();
      trace.end(outcome);
      if (outcome.error === undefined || outcome.status === 'stopped') sink.end(outcome);
      else sink.fail(outcome.error, outcome);
    };
    const requests = createAttempts({
      id,
      model,
      request,
      rawChunks,
      emit,
      onChunk: (length) => trace.chunk(length),
      maxResponseBytes: gemini.maxResponseBytes,
      policy: { ...gemini.retry, restart },
      send: {
        url,
        signal: sink.signal,
        http: gemini.http,
        authorize: () => authorize(gemini, url),
      },
      done: settle,
    });
    // In the very turn of the stop, so that the stopped end carries what had come.
    sink.signal.addEventListener('abort', () => {
      settle({ error: new GeminiError('stopped', 'the stream was stopped'), isCut: false });
    });
    sink.onResume(() => requests.resume());
    return requests;
  };

  return {
    restarts: restart,
    get voided() {
      return voided;
    },
    start(sink) {
      attempts = prepare(sink);
      trace.start();
      attempts.start();
    },
    timing() {
      const timing = attempts?.timing;
      return timing && { ...timing, ...firsts.timesSince(timing.startedAt) };
    },
    verdict: () => attempts?.verdict(),
  };
}
