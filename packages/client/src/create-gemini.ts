import {
  type GapEvent,
  type StreamInfo,
  type StreamManager,
  StreamManagerError,
  type StreamManagerStats,
  type SubscribeOptions,
  type Subscription,
  createStreamManager,
} from '@gemini/stream-manager';
import { randomUUID } from 'node:crypto';
import type { Voids } from './answer/answer-source.ts';
import { outcomeOfEnd } from './answer/outcome.ts';
import { type Chat, type ChatOptions, createChat, watchOutcome } from './chat/create-chat.ts';
import { eventSize } from './merge/sizes.ts';
import type { JsonSchema, ObjectSchema } from './objects/schema.ts';
import { type ObjectStream, type ObjectStreamOptions, streamObject } from './objects/stream-object.ts';
import { type GeminiOptions, resolveGeminiOptions } from './options.ts';
import { streamUrl } from './request/endpoint.ts';
import { type StreamInput, normaliseRequest } from './request/normalise-request.ts';
import type { StartStreamOptions, StreamOptions } from './stream-options.ts';
import { type GeminiStream, createGeminiStream } from './stream/gemini-stream.ts';
import { skipVoided } from './stream/iterate-stream.ts';
import { createAnswerSource } from './tools/tool-source.ts';
import type { GeminiStreamEvent, StoredStreamEvent, StreamOutcome } from './types.ts';

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

/**
 * The id of a stream that was given none: a UUID. Node puts one together of twenty pieces, and the string would hold on
 * to all of them as long as the stream is known: half a KB, measured.
 */
function createStreamId(): string {
  return Buffer.from(randomUUID(), 'latin1').toString('latin1');
}
