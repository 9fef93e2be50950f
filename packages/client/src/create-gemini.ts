import { refuseUnknown } from '@gemini/http-streaming';
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
import type { Discarded } from './answer/answer-source.ts';
import { outcomeOfEnd } from './answer/outcome.ts';
import { type Chat, type ChatOptions, Conversation } from './chat/chat.ts';
import { eventSize } from './merge/sizes.ts';
import type { JsonSchema, ObjectSchema } from './objects/schema.ts';
import { type ObjectStream, type ObjectStreamOptions, streamObject } from './objects/stream-object.ts';
import { aString, expectValid, objectOf, optional } from './check.ts';
import {
  type GeminiOptions,
  type ResolvedGeminiOptions,
  emptyAnswerCheck,
  resolveGeminiOptions,
  secretCheck,
} from './options.ts';
import { streamUrl } from './request/endpoint.ts';
import { type StreamInput, normaliseRequest } from './request/normalise-request.ts';
import type { StartStreamOptions, StreamOptions } from './stream-options.ts';
import { type GeminiStream, StreamHandle } from './stream/gemini-stream.ts';
import { skipDiscarded } from './stream/iterate-stream.ts';
import { defaultToolLimits } from './tools/tool-options.ts';
import { createStreamSource } from './tools/tool-source.ts';
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
  /** Every stream of this client: subscribe, list, stop. */
  readonly streams: StreamManager<StoredStreamEvent, StreamOutcome>;
  /** Starts an answer that is found by its id, and returns the id. */
  startStream(input: StreamInput, options?: StartStreamOptions): string;
  /**
   * Subscribes to a stream from its start, or from the position in `options`. The `end` event comes last, once.
   * @throws StreamManagerError `stream-not-found`
   */
  subscribeStream(
    id: string,
    listener: (event: GeminiStreamEvent | GapEvent) => void,
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
  });

  // The events that late subscribers of a stream skip.
  const discarded = new WeakMap<object, Discarded>();

  // Nearly all streams of a client use the same model: they share its URL.
  let asked: { readonly model: string; readonly url: URL } | undefined;
  const urlOf = (model: string): URL => {
    if (asked?.model !== model) asked = { model, url: streamUrl({ ...gemini, model }) };
    return asked.url;
  };

  const prepare = (input: StreamInput, streamOptions: StreamOptions, id: string, onOutcome?: OnOutcome) => {
    const { rawChunks = false, restart = false, keepContent = true } = streamOptions;
    expectValid(optional(emptyAnswerCheck), streamOptions.emptyAnswer, 'emptyAnswer');
    const emptyAnswer = streamOptions.emptyAnswer ?? gemini.emptyAnswer;
    refuseUnknownOptions(streamOptions);
    const normalised = normaliseRequest(input, streamOptions);
    const { body: request, model: inputModel, signal: inputSignal } = normalised;
    const model = streamOptions.model ?? inputModel ?? gemini.model;
    const url = urlOf(model);
    const own = withOwnSettings(gemini, normalised, streamOptions);
    const answer = { id, model, url, request, rawChunks, restart, keepContent, emptyAnswer, gemini: own, onOutcome };
    const source = createStreamSource(answer, streamOptions);
    return { source, signals: [streamOptions.signal, inputSignal].filter((signal) => signal !== undefined) };
  };
  const stream = (input: StreamInput, streamOptions: StreamOptions, onOutcome?: OnOutcome) => {
    const id = randomId();
    const tellOutcome = onOutcome && once(onOutcome);
    const { source, signals } = prepare(input, streamOptions, id, tellOutcome);
    const managed = streams.start(source, { id, lingerMs: 0, retainMs: 0 });
    // The source of a stream that was stopped in the queue never starts.
    if (tellOutcome !== undefined) void managed.ended.then((end) => tellOutcome(outcomeOfEnd(end)));
    for (const signal of signals) stopOnAbort(signal, managed);
    return new StreamHandle(managed, source);
  };
  return {
    streams,
    stream: (input, streamOptions = {}) => stream(input, streamOptions),
    streamObject: (input: StreamInput, objectOptions: ObjectStreamOptions) =>
      streamObject(stream, input, objectOptions) as ObjectStream<never, never>,
    chat: (chatOptions = {}) => new Conversation(chatOptions, stream),
    startStream(input, startOptions = {}) {
      const { id = randomId(), key, lingerMs = startedLingerMs } = startOptions;
      const { source, signals } = prepare(input, startOptions, id);
      const managed = streams.start(source, { id, key, lingerMs });
      discarded.set(managed, source.discarded);
      for (const signal of signals) stopOnAbort(signal, managed);
      return managed.id;
    },
    subscribeStream(id, listener, subscribeOptions = {}) {
      const managed = streams.get(id);
      if (managed === undefined)
        throw new StreamManagerError('stream-not-found', `no stream has the id ${id}`, { streamId: id });
      const { from = 'start' } = subscribeOptions;
      const isDiscarded = skipDiscarded(from === 'start' ? discarded.get(managed)?.upTo : undefined);
      return managed.subscribe(
        {
          item: (item) => (isDiscarded(item) ? undefined : listener(item)),
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

const streamOptionNames = [
  'model',
  'headers',
  'apiKey',
  'systemInstruction',
  'config',
  'toolConfig',
  'signal',
  'rawChunks',
  'restart',
  'keepContent',
  'emptyAnswer',
  'tools',
  'id',
  'key',
  'lingerMs',
  ...Object.keys(defaultToolLimits),
];
const configFields =
  /^(?:temperature|topP|topK|maxOutputTokens|seed|stopSequences|safetySettings|thinkingConfig|response\w+)$/;

/** @throws TypeError for an option that no stream has, with a suggestion */
function refuseUnknownOptions(options: object): void {
  const field = Object.keys(options).find((name) => configFields.test(name));
  if (field !== undefined) throw new TypeError(`${field}: unknown option, did you mean config: { ${field} }?`);
  refuseUnknown('', options, streamOptionNames);
}

/** Returns the client's settings with those of one stream. */
function withOwnSettings(
  gemini: ResolvedGeminiOptions,
  {
    headers: configHeaders,
    totalTimeoutMs,
  }: { headers?: HeaderFields | undefined; totalTimeoutMs?: number | undefined },
  { headers, apiKey }: Pick<StreamOptions, 'headers' | 'apiKey'>,
): ResolvedGeminiOptions {
  if (headers === undefined && apiKey === undefined && configHeaders === undefined && totalTimeoutMs === undefined) {
    return gemini;
  }
  expectValid(optional(secretCheck), apiKey, 'apiKey');
  const own = { ...configHeaders, ...headers };
  expectValid(objectOf(aString), own, 'headers');
  const replaced = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const kept = Object.entries(gemini.headers).filter(([name]) => !replaced.has(name.toLowerCase()));
  return {
    ...gemini,
    apiKey: apiKey ?? gemini.apiKey,
    headers: { ...Object.fromEntries(kept), ...own },
    http: totalTimeoutMs === undefined ? gemini.http : { ...gemini.http, totalTimeoutMs },
  };
}

type HeaderFields = Readonly<Record<string, string>>;

type OnOutcome = (outcome: StreamOutcome) => void;

function once(onOutcome: OnOutcome): OnOutcome {
  let isCalled = false;
  return (outcome) => {
    if (isCalled) return;
    isCalled = true;
    onOutcome(outcome);
  };
}

function stopOnAbort(signal: AbortSignal, managed: { stop(reason?: unknown): void; ended: Promise<unknown> }): void {
  const stop = (): void => managed.stop(signal.reason);
  if (signal.aborted) return stop();
  signal.addEventListener('abort', stop, { once: true });
  void managed.ended.then(() => signal.removeEventListener('abort', stop));
}
