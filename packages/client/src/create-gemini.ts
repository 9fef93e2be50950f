import {
  type GapEvent,
  type StreamInfo,
  type StreamManager,
  StreamManagerError,
  type StreamManagerStats,
  type SubscribeOptions,
  type Subscription,
  createStreamManager,
  randomId,
} from '@gemini/stream-manager';
import { type Discarded, latestDiscard } from './answer/discard.ts';
import { outcomeOfEnd } from './answer/outcome.ts';
import { type Chat, type ChatOptions, Conversation } from './chat/chat.ts';
import { eventSize } from './merge/sizes.ts';
import type { JsonSchema, ObjectSchema } from './objects/schema.ts';
import { type ObjectStream, type ObjectStreamOptions, objectRequest, streamObject } from './objects/stream-object.ts';
import { type GeminiOptions, resolveGeminiOptions } from './options.ts';
import {
  type InteractionChat,
  type InteractionChatOptions,
  InteractionConversation,
} from './interactions/interaction-chat.ts';
import { type Interactions, InteractionClient } from './interactions/interactions.ts';
import { type PreparedStream, StreamPreparer, interactionNames } from './prepare-stream.ts';
import type { StreamInput } from './request/normalise-request.ts';
import type { StartStream, StartStreamOptions, StreamOptions, StreamSettings } from './stream-options.ts';
import { geminiCodec } from './stream/gemini-codec.ts';
import { type GeminiStream, StreamHandle } from './stream/gemini-stream.ts';
import { skipDiscarded } from './stream/iterate-stream.ts';
import type { GeminiStreamEvent, StoredStreamEvent, StreamOutcome } from './types.ts';

/** A client of Gemini's streams. */
export interface Gemini {
  /** Starts an answer at once. */
  stream(input: StreamInput, options?: StreamOptions): GeminiStream;
  /**
   * Starts an answer that is one object and fits a schema.
   * @throws TypeError for an invalid schema, and for a request that asks for another format
   */
  streamObject<Written, Value>(
    input: StreamInput,
    options: ObjectStreamOptions<ObjectSchema<Written, Value>>,
  ): ObjectStream<Value, Written>;
  /** With a plain JSON Schema, whose type the caller names. */
  streamObject<Value = unknown>(input: StreamInput, options: ObjectStreamOptions<JsonSchema>): ObjectStream<Value>;
  /**
   * Begins a conversation, or continues one from its history.
   * @throws TypeError for an invalid option
   */
  chat(options?: ChatOptions): Chat;
  /** A conversation of the Interactions API, which the server keeps. */
  chat(options: InteractionChatOptions): InteractionChat;
  /** The Interactions API: conversations that the server keeps, background runs, agents. */
  readonly interactions: Interactions;
  /** Every stream of this client: subscribe, list, stop. */
  readonly streams: StreamManager<StoredStreamEvent, StreamOutcome>;
  /** Starts an answer that is found by its id, and returns the id. */
  startStream(input: StreamInput, options?: StartStreamOptions): string;
  /**
   * Subscribes to a stream from its start, or from the position in `options`. The `end` event comes last, once. If
   * the listener returns a promise, the next event waits for it; if it throws or rejects, it gets no further event, and
   * `ended` has the error.
   * @throws StreamManagerError `stream-not-found`
   */
  subscribeStream(
    id: string,
    listener: (event: GeminiStreamEvent | GapEvent) => unknown,
    options?: SubscribeOptions,
  ): Subscription<StreamOutcome>;
  /** Stops a stream. Returns `false` if no stream with this id was running. */
  stopStream(id: string): boolean;
  streamStatus(id: string): StreamInfo | undefined;
  listStreams(): StreamInfo[];
  streamStats(): StreamManagerStats;
}

/** How long a started stream runs on without a subscriber, in milliseconds. */
const startedLingerMs = 15_000;

/**
 * Makes a client. It opens no connection until a stream is started.
 * @throws TypeError for invalid options
 */
export function createGemini(options: GeminiOptions = {}): Gemini {
  const gemini = resolveGeminiOptions(options);
  const streams = createStreamManager<StoredStreamEvent, StreamOutcome>({
    ...gemini.manager,
    sizeOf: eventSize,
    streamLog: gemini.streamLog,
    codec: gemini.codec ?? geminiCodec(),
  });

  // The events that late subscribers of a stream skip.
  const discarded = new WeakMap<object, Discarded>();

  const preparer = new StreamPreparer(gemini);
  const stream: StartStream = (input, streamOptions, settings = {}) =>
    start(settings.onOutcome, (id, onOutcome) =>
      preparer.prepare(input, streamOptions, id, { ...settings, onOutcome }),
    );
  const start = (given: StreamSettings['onOutcome'], prepare: Prepare): GeminiStream => {
    const id = randomId();
    const onOutcome = given && once(given);
    const { source, signals } = prepare(id, onOutcome);
    const managed = streams.start(source, { id, lingerMs: 0, retainMs: 0, shared: false });
    // The source of a stream that was stopped in the queue never starts.
    if (onOutcome !== undefined) void managed.ended.then((end) => onOutcome(outcomeOfEnd(end)));
    for (const signal of signals) stopOnAbort(signal, managed);
    return new StreamHandle(managed, source);
  };
  // Without a log no other process can continue a stream.
  const checkpoints = gemini.streamLog !== undefined;
  const startShared = (startOptions: StartStreamOptions, prepare: (id: string) => PreparedStream): string => {
    const { id = randomId(), key, lingerMs = startedLingerMs, metadata, onDuplicate } = startOptions;
    const { source, signals } = prepare(id);
    const managed = streams.start(source, { id, key, lingerMs, metadata, onDuplicate });
    // A stream that was joined has its own.
    if (!discarded.has(managed)) discarded.set(managed, source.discarded);
    for (const signal of signals) stopOnAbort(signal, managed);
    return managed.id;
  };
  const interactions = new InteractionClient(gemini, {
    stream: (given, interactionOptions, hooks) =>
      start(hooks?.onOutcome, (id, onOutcome) =>
        preparer.prepareInteraction(given, interactionOptions, id, { ...hooks, onOutcome }),
      ),
    start: ({ ...given }, { id, key, lingerMs, metadata, onDuplicate, ...interactionOptions }, hooks) =>
      startShared({ id, key, lingerMs, metadata, onDuplicate }, (streamId) =>
        preparer.prepareInteraction(given, interactionOptions, streamId, { ...hooks, checkpoints }),
      ),
  });
  return {
    interactions,
    streams,
    stream: (input, streamOptions = {}) => stream(input, streamOptions),
    streamObject: (input: StreamInput, objectOptions: ObjectStreamOptions) =>
      streamObject<StreamOptions>(
        (own, schema) => stream(input, own, { shape: (request) => objectRequest(request, schema) }),
        objectOptions,
      ) as ObjectStream<never, never>,
    chat: ((chatOptions: ChatOptions | InteractionChatOptions = {}) => {
      if (!('api' in chatOptions)) return new Conversation(chatOptions, stream);
      const { api } = chatOptions;
      if (api !== 'interactions') throw new TypeError(`api: expected 'interactions', got ${String(api)}`);
      return new InteractionConversation(chatOptions, [...interactionNames, 'api', 'interactionId', 'steps'], {
        stream: (input, turnOptions, onOutcome) => interactions.begin(input, turnOptions, onOutcome),
        streamObject: (input, turnOptions, onOutcome) => interactions.beginObject(input, turnOptions, onOutcome),
      });
    }) as Gemini['chat'],
    startStream: (input, startOptions = {}) =>
      startShared(startOptions, (id) => preparer.prepare(input, startOptions, id, { checkpoints })),
    subscribeStream(id, listener, subscribeOptions = {}) {
      const managed = streams.get(id);
      if (managed === undefined)
        throw new StreamManagerError('stream-not-found', `no stream has the id ${id}`, { streamId: id });
      const { from = 'start', onHistoryLost } = subscribeOptions;
      const upTo = from === 'start' ? discarded.get(managed)?.upTo : undefined;
      // The history of a stream of another process has the discards, and they are known when it has been read once.
      const isCopied = from === 'start' && upTo === undefined && gemini.streamLog !== undefined;
      const latest = isCopied ? latestDiscard(managed, onHistoryLost) : undefined;
      const item = upTo === undefined && latest === undefined ? listener : withoutDiscarded(listener, upTo, latest);
      return managed.subscribe(
        {
          item,
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

/** Checks a stream, and makes its source. */
type Prepare = (id: string, onOutcome: StreamSettings['onOutcome']) => PreparedStream;

function once(onOutcome: (outcome: StreamOutcome) => void): (outcome: StreamOutcome) => void {
  let isCalled = false;
  return (outcome) => {
    if (isCalled) return;
    isCalled = true;
    onOutcome(outcome);
  };
}

type Listener = (event: GeminiStreamEvent | GapEvent) => unknown;

/** Returns a listener that skips the discarded events: up to `upTo`, or to that which is `latest` at the first event. */
function withoutDiscarded(listener: Listener, upTo: object | undefined, latest?: () => object | undefined): Listener {
  let isDiscarded: ReturnType<typeof skipDiscarded> | undefined;
  return (event) => {
    isDiscarded ??= skipDiscarded(upTo ?? latest?.());
    // A promise of the listener is waited for.
    return isDiscarded(event) ? undefined : listener(event);
  };
}

function stopOnAbort(signal: AbortSignal, managed: { stop(reason?: unknown): void; ended: Promise<unknown> }): void {
  const stop = (): void => managed.stop(signal.reason);
  if (signal.aborted) return stop();
  signal.addEventListener('abort', stop, { once: true });
  void managed.ended.then(() => signal.removeEventListener('abort', stop));
}
