import { createStreamManager, StreamManagerError } from '@gemini/stream-manager';
import type { GapEvent, StreamInfo, StreamManager } from '@gemini/stream-manager';
import type { StreamManagerStats, SubscribeOptions, Subscription } from '@gemini/stream-manager';
import { createChat, type Chat, type ChatOptions } from './chat/create-chat.ts';
import { watchOutcome } from './chat/watch-outcome.ts';
import { streamUrl } from './attempts/endpoint.ts';
import type { GeminiStreamEvent, StoredStreamEvent } from './stream/events.ts';
import { createGeminiStream, type GeminiStream } from './stream/gemini-stream.ts';
import { normaliseRequest, type StreamInput } from './request/normalise-request.ts';
import { eventSize } from './stream/event-size.ts';
import { outcomeOfEnd } from './stream/outcome-of-end.ts';
import type { StreamOutcome } from './stream/outcome.ts';
import { resolveGeminiOptions, type GeminiOptions } from './resolve-options.ts';
import { skipVoided } from './stream/skip-voided.ts';
import { createStreamId } from './stream/stream-id.ts';
import type { StartStreamOptions, StreamOptions } from './stream/stream-options.ts';
import type { Voids } from './stream/stream-source.ts';
import type { JsonSchema, ObjectSchema } from './structured/object-schema.ts';
import { streamObject, type ObjectStream, type ObjectStreamOptions } from './structured/stream-object.ts';
import { createAnswerSource } from './tools/answer-source.ts';

/** A client of Gemini's streams. */
export interface Gemini {
  /** Starts an answer at once, for whoever holds the stream. */
  stream(input: StreamInput, options?: StreamOptions): GeminiStream;
  /**
   * Starts an answer that is one object: it fits the schema, or it is no object.
   * @throws TypeError for a schema that cannot be meant, and for a request that asks for another form already
   */
  streamObject<Written, Value>(
    input: StreamInput,
    options: ObjectStreamOptions<ObjectSchema<Written, Value>>,
  ): ObjectStream<Value, Written>;
  /** With a plain JSON Schema, whose type only you know. */
  streamObject<Value = unknown>(input: StreamInput, options: ObjectStreamOptions<JsonSchema>): ObjectStream<Value>;
  /**
   * Begins a conversation, or goes on with one from its history.
   * @throws TypeError that names the option which cannot be meant
   */
  chat(options?: ChatOptions): Chat;
  /** Every stream of this client: subscribe, list, stop. */
  readonly streams: StreamManager<StoredStreamEvent, StreamOutcome>;
  /** Starts an answer that is found by its id, and returns the id. */
  startStream(input: StreamInput, options?: StartStreamOptions): string;
  /**
   * Follows a stream from its start, or from where `options` say. The `end` event comes last, once.
   * @throws StreamManagerError `stream-not-found`
   */
  subscribeStream(
    id: string,
    listener: (event: GeminiStreamEvent | GapEvent) => void,
    options?: SubscribeOptions,
  ): Subscription<StreamOutcome>;
  /** Stops a stream; `false` when none with this id was running. */
  stopStream(id: string): boolean;
  streamStatus(id: string): StreamInfo | undefined;
  listStreams(): StreamInfo[];
  streamStats(): StreamManagerStats;
}

/** How long a started stream goes on when nobody follows it, in milliseconds. */
const startedLingerMs = 15_000;

/**
 * Makes a client. It opens nothing until a stream is asked for.
 * @throws TypeError for options that cannot be meant
 */
export function createGemini(options: GeminiOptions = {}): Gemini {
  const gemini = resolveGeminiOptions(options);
  const streams = createStreamManager<StoredStreamEvent, StreamOutcome>({
    ...gemini.manager,
    sizeOf: eventSize,
  });

  // What a late subscriber of a stream need not see any more.
  const voids = new WeakMap<object, Voids>();

  // Nearly all streams of a client ask the same model: they share its URL.
  let asked: { readonly model: string; readonly url: URL } | undefined;
  const urlOf = (model: string): URL => {
    if (asked?.model !== model) asked = { model, url: streamUrl({ ...gemini, model }) };
    return asked.url;
  };

  const prepare = (input: StreamInput, streamOptions: StreamOptions, id: string) => {
    const { rawChunks = false, restart = false, keepContent = true } = streamOptions;
    const { body: request, model: inputModel, signal: inputSignal } = normaliseRequest(input);
    const model = streamOptions.model ?? inputModel ?? gemini.model;
    const url = urlOf(model);
    const sourceOptions = { id, model, url, request, rawChunks, restart, keepContent, gemini };
    const source = createAnswerSource(sourceOptions, streamOptions);
    return { source, signals: [streamOptions.signal, inputSignal].filter((signal) => signal !== undefined) };
  };
  const stream = (input: StreamInput, streamOptions: StreamOptions, onOutcome?: (outcome: StreamOutcome) => void) => {
    const id = createStreamId();
    const { source, signals } = prepare(input, streamOptions, id);
    const watch = onOutcome && watchOutcome(source, onOutcome);
    const managed = streams.start(watch?.source ?? source, { id, lingerMs: 0, retainMs: 0 });
    watch?.follow(managed);
    for (const signal of signals) stopOnAbort(signal, managed);
    return createGeminiStream(managed, source);
  };
  return {
    streams,
    stream: (input, streamOptions = {}) => stream(input, streamOptions),
    streamObject: (input: StreamInput, objectOptions: ObjectStreamOptions) =>
      streamObject(stream, input, objectOptions) as ObjectStream<never, never>,
    chat: (chatOptions = {}) => createChat(chatOptions, stream),
    startStream(input, startOptions = {}) {
      const { id = createStreamId(), key, lingerMs = startedLingerMs } = startOptions;
      const { source, signals } = prepare(input, startOptions, id);
      const managed = streams.start(source, { id, key, lingerMs });
      voids.set(managed, source.voids);
      for (const signal of signals) stopOnAbort(signal, managed);
      return managed.id;
    },
    subscribeStream(id, listener, subscribeOptions = {}) {
      const managed = streams.get(id);
      if (managed === undefined)
        throw new StreamManagerError('stream-not-found', `no stream has the id ${id}`, { streamId: id });
      const { from = 'start' } = subscribeOptions;
      const skips = skipVoided(from === 'start' ? voids.get(managed)?.last : undefined);
      return managed.subscribe(
        {
          item: (item) => (skips(item) ? undefined : listener(item)),
          end: (end) => end.status !== 'detached' && listener({ type: 'end', outcome: outcomeOfEnd(end) }),
        },
        subscribeOptions,
      );
    },
    stopStream: (id) => streams.stop(id),
    streamStatus: (id) => streams.get(id)?.info(),
    listStreams: () => streams.list(),
    streamStats: () => streams.stats(),
  };
}

function stopOnAbort(signal: AbortSignal, managed: { stop(reason?: unknown): void; ended: Promise<unknown> }): void {
  const stop = (): void => managed.stop(signal.reason);
  if (signal.aborted) return stop();
  signal.addEventListener('abort', stop, { once: true });
  void managed.ended.then(() => signal.removeEventListener('abort', stop));
}
