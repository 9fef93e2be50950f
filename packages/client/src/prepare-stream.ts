import { resolveEventStreamOptions, resolveRetryOptions } from '@gemini/http-streaming';
import type { GeminiStreamSource } from './answer/stream-source.ts';
import { type AsyncContext, keepContext } from './answer/caller-context.ts';
import { isStartTraced } from './answer/trace.ts';
import { aBoolean, aString, expectValid, objectOf, optional } from './check.ts';
import { type ResolvedGeminiOptions, emptyAnswerCheck, secretCheck, usageEventsCheck } from './options.ts';
import { InteractionForm } from './interactions/interaction-form.ts';
import { readInteraction } from './interactions/interaction-request.ts';
import type { GivenInteraction, InteractionHooks, StartInteractionOptions } from './interactions/interactions.ts';
import { interactionUrl, streamUrl } from './request/endpoint.ts';
import { type ModelChoice, type ModelSettings, checkFirstContentTimeout, resolveModels } from './request/models.ts';
import { type NormalisedRequest, type StreamInput, normaliseRequest, withConfig } from './request/normalise-request.ts';
import { refuseUnknownOptions } from './request/unknown-options.ts';
import {
  type CommonStreamOptions,
  type StartStreamOptions,
  type StreamSettings,
  streamTimeLimits,
} from './stream-options.ts';
import { ContentForm } from './tools/content-form.ts';
import { type ToolOptions, defaultToolLimits } from './tools/tool-options.ts';
import { createStreamSource } from './tools/tool-source.ts';
import { isToolTraced } from './tools/trace-tool.ts';

/** A stream that can be started. */
export interface PreparedStream {
  readonly source: GeminiStreamSource;
  /** Each of them stops the stream. */
  readonly signals: readonly AbortSignal[];
}

/** Turns the input and the options of a stream into its source. Checks all of them before anything is sent. */
export class StreamPreparer {
  readonly #gemini: ResolvedGeminiOptions;
  // Nearly all streams of a client use the same model: they share its URL and its settings.
  #asked: { readonly model: string; readonly url: URL } | undefined;
  #usual: { readonly choice: string; readonly models: readonly ModelSettings[] } | undefined;

  constructor(gemini: ResolvedGeminiOptions) {
    this.#gemini = gemini;
  }

  /** @throws TypeError for an invalid input or option, with its name */
  prepare(input: StreamInput, options: StartStreamOptions, id: string, settings: StreamSettings = {}): PreparedStream {
    refuseUnknownOptions(options, streamOptionNames);
    const flags = readFlags(options, this.#gemini);
    const { shape = (request) => request, onOutcome, checkpoints } = settings;
    const normalised = normaliseRequest(input, options, settings.defaults);
    const gemini = withOwnSettings(this.#gemini, normalised, options);
    const models = this.#modelsOf(options.model ?? normalised.model ?? gemini.model, gemini);
    const requests = models.map(({ model, config }) => {
      const request = shape(config === undefined ? normalised.body : withConfig(normalised.body, config));
      return { model, url: this.#urlOf(model), request };
    });
    const { maxResponseBytes, vertex } = gemini;
    const form = new ContentForm(requests, { isVertex: vertex !== undefined, maxResponseBytes });
    const answer = { id, form, models, ...flags, checkpoints, gemini, onOutcome, inCaller: callerContext() };
    const signals = [options.signal, normalised.signal].filter((signal) => signal !== undefined);
    return { source: createStreamSource(answer, options), signals };
  }

  /** @throws TypeError for an invalid input or option, with its name */
  prepareInteraction(
    start: GivenInteraction,
    options: StartInteractionOptions,
    id: string,
    { shape = (request) => request, onOutcome, checkpoints }: InteractionHooks = {},
  ): PreparedStream {
    refuseUnknownOptions(options, 'type' in start ? commonNames : interactionNames);
    const flags = readFlags(options, this.#gemini);
    const gemini = withOwnSettings(this.#gemini, {}, options);
    const read = 'type' in start ? undefined : readInteraction(start.input, options);
    const { agent } = read?.body ?? {};
    // Of an interaction that exists, the model is not known before its first event.
    const choice = 'type' in start ? start.id : (agent ?? read?.model ?? gemini.model);
    const models = resolveModels(choice, gemini);
    if (models.some(({ config }) => config !== undefined)) {
      throw new TypeError('model: expected no config for an interaction: generationConfig holds for every model');
    }
    const bodies = models.map(({ model }) => shape({ ...read?.body, ...(agent === undefined ? { model } : {}) }));
    const form = new InteractionForm('type' in start ? start : { type: 'create', bodies }, {
      url: interactionUrl(gemini),
      followUrl: (interactionId, lastEventId) => {
        const url = interactionUrl(gemini, interactionId);
        url.searchParams.set('stream', 'true');
        if (lastEventId !== undefined) url.searchParams.set('last_event_id', lastEventId);
        return url;
      },
      maxResponseBytes: gemini.maxResponseBytes,
      keepSteps: flags.keepContent,
    });
    const answer = { id, form, models, ...flags, checkpoints, gemini, onOutcome, inCaller: callerContext() };
    const signals = options.signal === undefined ? [] : [options.signal];
    return { source: createStreamSource(answer, options as ToolOptions), signals };
  }

  #modelsOf(choice: ModelChoice, gemini: ResolvedGeminiOptions): readonly ModelSettings[] {
    if (gemini !== this.#gemini || typeof choice !== 'string') return resolveModels(choice, gemini);
    if (this.#usual?.choice !== choice) this.#usual = { choice, models: resolveModels(choice, gemini) };
    return this.#usual.models;
  }

  #urlOf(model: string): URL {
    if (this.#asked?.model !== model) {
      const { baseUrl, apiVersion, vertex } = this.#gemini;
      this.#asked = { model, url: streamUrl({ baseUrl, apiVersion, vertex, model }) };
    }
    return this.#asked.url;
  }
}

/** Returns the async context of the caller, if anything watches streams or functions: keeping it costs memory. */
function callerContext(): AsyncContext | undefined {
  return isStartTraced() || isToolTraced() ? keepContext() : undefined;
}

/**
 * Returns the flags of a stream: its own, or those of the client.
 * @throws TypeError for an invalid flag, `emptyAnswer`, `usageEvents` or `conversationId`
 */
function readFlags(options: CommonStreamOptions, gemini: ResolvedGeminiOptions) {
  const { rawChunks = false, restart = false, keepContent = true, emptyAnswer, usageEvents, conversationId } = options;
  expectValid(aBoolean, rawChunks, 'rawChunks');
  expectValid(aBoolean, restart, 'restart');
  expectValid(aBoolean, keepContent, 'keepContent');
  if (emptyAnswer !== undefined) expectValid(emptyAnswerCheck, emptyAnswer, 'emptyAnswer');
  if (usageEvents !== undefined) expectValid(usageEventsCheck, usageEvents, 'usageEvents');
  if (conversationId !== undefined) expectValid(aString, conversationId, 'conversationId');
  return {
    rawChunks,
    restart,
    keepContent,
    emptyAnswer: emptyAnswer ?? gemini.emptyAnswer,
    usageEvents: usageEvents ?? gemini.usageEvents,
    conversationId,
  };
}

const commonNames = [
  'headers',
  'apiKey',
  'retry',
  'firstContentTimeoutMs',
  ...streamTimeLimits,
  'signal',
  'rawChunks',
  'restart',
  'keepContent',
  'emptyAnswer',
  'usageEvents',
  'conversationId',
];

/** The options of an interaction. */
export const interactionNames = [
  ...commonNames,
  'model',
  'agent',
  'previousInteractionId',
  'background',
  'store',
  'systemInstruction',
  'generationConfig',
  'responseFormat',
  'extraBody',
  'onStop',
  'tools',
  'id',
  'key',
  'lingerMs',
  'metadata',
  'onDuplicate',
  ...Object.keys(defaultToolLimits),
];

const streamOptionNames = [
  ...commonNames,
  'model',
  'systemInstruction',
  'config',
  'generationConfig',
  'toolConfig',
  'extraBody',
  'tools',
  'id',
  'key',
  'lingerMs',
  'metadata',
  'onDuplicate',
  ...Object.keys(defaultToolLimits),
];

/** Returns the client's settings with those of one stream: the same object if the stream has none. */
function withOwnSettings(
  gemini: ResolvedGeminiOptions,
  { headers: configHeaders, totalTimeoutMs }: Partial<NormalisedRequest>,
  options: CommonStreamOptions,
): ResolvedGeminiOptions {
  const { headers, apiKey, retry, firstContentTimeoutMs } = options;
  const own: { -readonly [Name in keyof ResolvedGeminiOptions]?: ResolvedGeminiOptions[Name] } = {};
  if (apiKey !== undefined) {
    expectValid(secretCheck, apiKey, 'apiKey');
    own.apiKey = apiKey;
  }
  if (headers !== undefined || configHeaders !== undefined) {
    own.headers = withHeaders(gemini.headers, configHeaders, headers);
  }
  if (retry !== undefined) own.retry = resolveRetryOptions(retry);
  if (firstContentTimeoutMs !== undefined) {
    checkFirstContentTimeout(firstContentTimeoutMs, 'firstContentTimeoutMs');
    own.firstContentTimeoutMs = firstContentTimeoutMs;
  }
  let limits: Record<string, number> | undefined;
  for (const name of streamTimeLimits) {
    const limit = options[name] ?? (name === 'totalTimeoutMs' ? totalTimeoutMs : undefined);
    if (limit !== undefined) (limits ??= {})[name] = limit;
  }
  if (limits !== undefined) {
    own.http = Object.freeze({ ...gemini.http, ...limits });
    resolveEventStreamOptions(own.http);
  }
  return Object.keys(own).length === 0 ? gemini : { ...gemini, ...own };
}

type HeaderFields = Readonly<Record<string, string>>;

/** Later headers replace earlier ones of the same name, however it is written. */
function withHeaders(...layers: readonly (HeaderFields | undefined)[]): HeaderFields {
  const named = new Map<string, readonly [string, string]>();
  for (const layer of layers) {
    expectValid(optional(objectOf(aString)), layer, 'headers');
    for (const entry of Object.entries(layer ?? {})) named.set(entry[0].toLowerCase(), entry);
  }
  return Object.fromEntries(named.values());
}
