import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { StoredStreamEvent, StreamOutcome } from '../types.ts';

/** The facts that a `gemini:stream` trace publishes: counts and names, never a prompt, an answer or a key. */
export interface StreamTraceContext {
  readonly id: string;
  /** The model that was asked last. */
  model: string;
  status?: StreamOutcome['status'] | undefined;
  endedBy?: StreamOutcome['endedBy'] | undefined;
  finishReason?: string | undefined;
  attempts?: number | undefined;
  totalTokenCount?: number | undefined;
  /** The error of a failed or truncated stream; its `partial` is not enumerable. */
  error?: unknown;
}

const streams = tracingChannel<'gemini:stream', StreamTraceContext>('gemini:stream');
const firstChunks = channel('gemini:stream:first-chunk');
const chunks = channel('gemini:stream:chunk');
const retries = channel('gemini:stream:retry');

/** Publishes the life of one stream. Without subscribers it costs one check of a flag. */
export class StreamTrace {
  readonly #context: StreamTraceContext;
  #startedMs = 0;
  #chunksCount = 0;

  constructor({ id, model }: { readonly id: string; readonly model: string }) {
    this.#context = { id, model };
  }

  start(): void {
    this.#startedMs = performance.now();
    streams.start.publish(this.#context);
    streams.end.publish(this.#context);
  }

  /** `length` is the payload's, in characters. */
  chunk(length: number): void {
    const index = this.#chunksCount;
    this.#chunksCount += 1;
    if (!chunks.hasSubscribers && (index > 0 || !firstChunks.hasSubscribers)) return;
    const { id, model } = this.#context;
    if (index === 0) firstChunks.publish({ id, model, sinceStartMs: performance.now() - this.#startedMs });
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

  end({ status, endedBy, finishReason, attempts, usage, error }: StreamOutcome): void {
    if (!hasEndSubscribers()) return;
    const context = this.#context;
    Object.assign(context, { status, endedBy, finishReason, attempts, totalTokenCount: usage?.totalTokenCount });
    if (status === 'failed' || status === 'truncated') {
      context.error = error;
      streams.error.publish(context);
    }
    streams.asyncStart.publish(context);
    streams.asyncEnd.publish(context);
  }
}

/** `streams.hasSubscribers` would ask all channels at once, but Bun does not have it. */
function hasEndSubscribers(): boolean {
  return streams.asyncEnd.hasSubscribers || streams.asyncStart.hasSubscribers || streams.error.hasSubscribers;
}
