import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { DeliveryVerdict } from '@gemini/http-streaming';
import type { ResolvedGeminiOptions } from '../options.ts';
import type { StoredStreamEvent, StreamOutcome } from '../types.ts';
import type { UsageMetadata } from '../wire/types.ts';
import { type AsyncContext, inPresentContext } from './caller-context.ts';

/**
 * The facts that a `gemini:stream` trace publishes: counts and names, never a prompt, an answer or a key. All messages of
 * one stream are the same object; the facts after `serverPort` are added when the stream ends.
 */
export interface StreamTraceContext {
  readonly id: string;
  /** The model that was asked last. */
  model: string;
  /** The API that is asked: the Developer API or Vertex AI. */
  api?: 'gemini' | 'vertex' | undefined;
  /** The host of the base URL. */
  serverAddress?: string | undefined;
  serverPort?: number | undefined;
  status?: StreamOutcome['status'] | undefined;
  endedBy?: StreamOutcome['endedBy'] | undefined;
  finishReason?: string | undefined;
  /** One a candidate, in their order; `undefined` for a candidate that did not finish. */
  finishReasons?: readonly (string | undefined)[] | undefined;
  /** The id that the server gave the answer, and the version of the model that it names. */
  responseId?: string | undefined;
  responseModel?: string | undefined;
  attempts?: number | undefined;
  totalTokenCount?: number | undefined;
  /** The last token counts of the answer. */
  usage?: UsageMetadata | undefined;
  /** Milliseconds from the start of the stream to its first chunk. */
  firstChunkMs?: number | undefined;
  /** Whether the last request was live, and the likely cause if it was not. */
  verdict?: DeliveryVerdict['kind'] | undefined;
  verdictCause?: DeliveryVerdict['cause'] | undefined;
  /** The error of a failed or truncated stream; its `partial` is not enumerable. */
  error?: unknown;
}

const streams = tracingChannel<unknown, StreamTraceContext>('gemini:stream');
const firstChunks = channel('gemini:stream:first-chunk');
const chunks = channel('gemini:stream:chunk');
const retries = channel('gemini:stream:retry');

/** Publishes the life of one stream. Without subscribers it costs a few checks of flags. */
export class StreamTrace {
  readonly #context: StreamTraceContext;
  readonly #gemini: ResolvedGeminiOptions;
  readonly #inCaller: AsyncContext;
  #startedMs = 0;
  #firstChunkMs: number | undefined;
  #chunksCount = 0;

  constructor({ id, model, gemini, inCaller = inPresentContext }: TracedStream) {
    this.#context = { id, model };
    this.#gemini = gemini;
    this.#inCaller = inCaller;
  }

  /**
   * Publishes the start in the caller's async context, and sends the first request in the one that subscribers bind. Later
   * requests follow from the first, so they have it too.
   */
  start(send: () => void): void {
    this.#startedMs = performance.now();
    if (!isStartTraced()) return send();
    this.#nameServer();
    this.#inCaller(() => {
      streams.start.runStores(this.#context, send);
      streams.end.publish(this.#context);
    });
  }

  /** `length` is the payload's, in characters. */
  chunk(length: number): void {
    const index = this.#chunksCount;
    this.#chunksCount += 1;
    if (index === 0) this.#firstChunkMs = performance.now() - this.#startedMs;
    if (!chunks.hasSubscribers && (index > 0 || !firstChunks.hasSubscribers)) return;
    const { id, model } = this.#context;
    if (index === 0) firstChunks.publish({ id, model, sinceStartMs: this.#firstChunkMs });
    chunks.publish({ id, model, index, length });
  }

  /** Another model is asked from now on. */
  useModel(model: string): void {
    this.#context.model = model;
  }

  event(event: StoredStreamEvent): void {
    if (event.type !== 'retry' && event.type !== 'resume' && event.type !== 'fallback') return;
    if (!retries.hasSubscribers) return;
    const { id, model } = this.#context;
    const { type: kind, attempt } = event;
    const delayMs = kind === 'fallback' ? 0 : event.delayMs;
    const reason = kind === 'resume' ? {} : { code: event.code, status: event.status };
    retries.publish({ id, model, kind, attempt, delayMs, ...reason });
  }

  /** `verdict` is read only if something subscribes to the end. */
  end(outcome: StreamOutcome, verdict: () => DeliveryVerdict | undefined): void {
    if (!hasEndSubscribers()) return;
    const { status, endedBy, finishReason, attempts, usage, error, response } = outcome;
    const context = this.#context;
    const { kind, cause } = verdict() ?? {};
    this.#nameServer();
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
      verdict: kind,
      verdictCause: cause,
    });
    if (status === 'failed' || status === 'truncated') {
      context.error = error;
      streams.error.publish(context);
    }
    streams.asyncStart.publish(context);
    streams.asyncEnd.publish(context);
  }

  /** Adds the facts of the server, unless the start has them already. */
  #nameServer(): void {
    if (this.#context.api !== undefined) return;
    const { baseUrl, vertex } = this.#gemini;
    const { hostname, port, protocol } = new URL(baseUrl);
    const usualPort = protocol === 'http:' ? 80 : 443;
    this.#context.api = vertex === undefined ? 'gemini' : 'vertex';
    this.#context.serverAddress = hostname;
    this.#context.serverPort = port === '' ? usualPort : Number(port);
  }
}

/** Returns whether anything subscribes to the start of streams. */
export function isStartTraced(): boolean {
  return streams.start.hasSubscribers || streams.end.hasSubscribers;
}

interface TracedStream {
  readonly id: string;
  readonly model: string;
  readonly gemini: ResolvedGeminiOptions;
  readonly inCaller?: AsyncContext | undefined;
}

/** `streams.hasSubscribers` would ask all channels at once, but Bun does not have it. */
function hasEndSubscribers(): boolean {
  return streams.asyncEnd.hasSubscribers || streams.asyncStart.hasSubscribers || streams.error.hasSubscribers;
}
