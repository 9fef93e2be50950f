import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { DeliveryVerdict } from '@gemini/http-streaming';
import type { StoredStreamEvent, StreamOutcome } from '../types.ts';
import type { GenerateContentResponse } from '../wire/types.ts';
import { inContexts, inPresentContext } from './caller-context.ts';
import { StreamTraceContext, type TracedContent, type TracedStream } from './trace-context.ts';

const streams = tracingChannel<unknown, StreamTraceContext>('gemini:stream');
const firstChunks = channel('gemini:stream:first-chunk');
const chunks = channel('gemini:stream:chunk');
const retries = channel('gemini:stream:retry');

/** Publishes the life of one stream. Without subscribers it costs a few checks of flags. */
export class StreamTrace {
  readonly #stream: TracedStream;
  #model: string;
  #place: number;
  #traced: Traced | undefined;
  #startedMs = 0;
  #firstChunkMs: number | undefined;
  #chunksCount = 0;

  /** `place` is that of the model in the list of the stream. */
  constructor(stream: TracedStream, model: string, place: number) {
    this.#stream = stream;
    this.#model = model;
    this.#place = place;
  }

  /**
   * Publishes the start in the caller's async context, and sends the first request in the one that subscribers bind. Later
   * requests follow from the first, so they have it too.
   */
  start(send: () => void): void {
    this.#startedMs = performance.now();
    if (!isStartTraced()) return send();
    const { inCaller = inPresentContext } = this.#stream;
    inCaller(() => {
      const { context, content } = this.#trace();
      streams.start.runStores(context, () => inContexts(content.contexts, send));
      streams.end.publish(context);
    });
  }

  /** `length` is the payload's, in characters. */
  chunk({ modelVersion, responseId }: GenerateContentResponse, length: number): void {
    const index = this.#chunksCount;
    this.#chunksCount += 1;
    if (index === 0) this.#firstChunkMs = performance.now() - this.#startedMs;
    if (!chunks.hasSubscribers && (index > 0 || !firstChunks.hasSubscribers)) return;
    const { context: stream } = this.#trace();
    const { id, model } = stream;
    if (index === 0) {
      Object.assign(stream, { responseModel: modelVersion, responseId });
      firstChunks.publish({ id, model, sinceStartMs: this.#firstChunkMs, stream });
    }
    chunks.publish({ id, model, index, length, stream });
  }

  /** Another model is asked from now on. */
  useModel(model: string, place: number): void {
    this.#model = model;
    this.#place = place;
    if (this.#traced === undefined) return;
    const { context, content } = this.#traced;
    content.place = place;
    context.model = model;
    context.parameters = this.#stream.form.parameters(place);
  }

  event(event: StoredStreamEvent): void {
    if (event.type !== 'retry' && event.type !== 'resume' && event.type !== 'fallback') return;
    if (!retries.hasSubscribers) return;
    const { context: stream } = this.#trace();
    const { id, model } = stream;
    const { type: kind, attempt } = event;
    const delayMs = kind === 'fallback' ? 0 : event.delayMs;
    const reason = kind === 'resume' ? {} : { code: event.code, status: event.status };
    retries.publish({ id, model, kind, attempt, delayMs, ...reason, stream });
  }

  /** `verdict` is read only if something subscribes to the end. */
  end(outcome: StreamOutcome, verdict: () => DeliveryVerdict | undefined): void {
    if (!hasEndSubscribers()) return;
    const { context, content } = this.#trace();
    const { status, endedBy, finishReason, attempts, usage, error, response } = outcome;
    const { kind, cause } = verdict() ?? {};
    content.response = response;
    Object.assign(context, {
      status,
      endedBy,
      finishReason,
      finishReasons: response.candidates?.map((candidate) => candidate.finishReason),
      responseId: response.responseId,
      responseModel: response.modelVersion,
      attempts,
      totalTokenCount: usage?.totalTokenCount,
      usage,
      firstChunkMs: this.#firstChunkMs,
      durationMs: performance.now() - this.#startedMs,
      verdict: kind,
      verdictCause: cause,
    });
    if (status === 'failed' || status === 'truncated') {
      Object.assign(context, { error });
      streams.error.publish(context);
    }
    streams.asyncStart.publish(context);
    streams.asyncEnd.publish(context);
  }

  /** Made for the first message. */
  #trace(): Traced {
    if (this.#traced !== undefined) return this.#traced;
    const content = { place: this.#place, response: undefined, contexts: [] };
    this.#traced = { context: new StreamTraceContext(this.#stream, this.#model, content), content };
    return this.#traced;
  }
}

/** Returns whether anything subscribes to the start of streams. */
export function isStartTraced(): boolean {
  return streams.start.hasSubscribers || streams.end.hasSubscribers;
}

/** The message of a stream, and what its getters read. */
interface Traced {
  readonly context: StreamTraceContext;
  readonly content: TracedContent;
}

/** `streams.hasSubscribers` would ask all channels at once, but Bun does not have it. */
function hasEndSubscribers(): boolean {
  return streams.asyncEnd.hasSubscribers || streams.asyncStart.hasSubscribers || streams.error.hasSubscribers;
}
