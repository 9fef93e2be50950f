import { resolveEventStreamOptions, resolveRetryOptions } from '@gemini/http-streaming';
import type { AnswerModel, GeminiStreamSource } from './answer/answer-source.ts';
import { aBoolean, aString, expectValid, objectOf, optional } from './check.ts';
import { type ResolvedGeminiOptions, emptyAnswerCheck, secretCheck } from './options.ts';
import { streamUrl } from './request/endpoint.ts';
import { checkFirstContentTimeout, resolveModels } from './request/models.ts';
import { type NormalisedRequest, type StreamInput, normaliseRequest, withConfig } from './request/normalise-request.ts';
import { refuseUnknownOptions } from './request/unknown-options.ts';
import { type StartStreamOptions, type StreamSettings, streamTimeLimits } from './stream-options.ts';
import { defaultToolLimits } from './tools/tool-options.ts';
import { createStreamSource } from './tools/tool-source.ts';

/** A stream that can be started. */
interface PreparedStream {
  readonly source: GeminiStreamSource;
  /** Each of them stops the stream. */
  readonly signals: readonly AbortSignal[];
}

/** Turns the input and the options of a stream into its source. Checks all of them before anything is sent. */
export class StreamPreparer {
  readonly #gemini: ResolvedGeminiOptions;
  // Nearly all streams of a client use the same model: they share its URL.
  #asked: { readonly model: string; readonly url: URL } | undefined;

  constructor(gemini: ResolvedGeminiOptions) {
    this.#gemini = gemini;
  }

  /** @throws TypeError for an invalid input or option, with its name */
  prepare(input: StreamInput, options: StartStreamOptions, id: string, settings: StreamSettings = {}): PreparedStream {
    refuseUnknownOptions(options, streamOptionNames);
    const { rawChunks = false, restart = false, keepContent = true } = options;
    for (const [name, value] of Object.entries({ rawChunks, restart, keepContent })) expectValid(aBoolean, value, name);
    expectValid(optional(emptyAnswerCheck), options.emptyAnswer, 'emptyAnswer');
    const { shape = (request) => request, onOutcome } = settings;
    const normalised = normaliseRequest(input, options, settings.defaults);
    const gemini = withOwnSettings(this.#gemini, normalised, options);
    const models = resolveModels(options.model ?? normalised.model ?? gemini.model, gemini).map(
      ({ model, config, ...limits }): AnswerModel => {
        const request = shape(config === undefined ? normalised.body : withConfig(normalised.body, config));
        return { model, url: this.#urlOf(model), request, ...limits };
      },
    );
    const emptyAnswer = options.emptyAnswer ?? gemini.emptyAnswer;
    const answer = { id, models, rawChunks, restart, keepContent, emptyAnswer, gemini, onOutcome };
    const signals = [options.signal, normalised.signal].filter((signal) => signal !== undefined);
    return { source: createStreamSource(answer, options), signals };
  }

  #urlOf(model: string): URL {
    if (this.#asked?.model !== model) {
      const { baseUrl, apiVersion, vertex } = this.#gemini;
      this.#asked = { model, url: streamUrl({ baseUrl, apiVersion, vertex, model }) };
    }
    return this.#asked.url;
  }
}

const streamOptionNames = [
  'model',
  'headers',
  'apiKey',
  'retry',
  'firstContentTimeoutMs',
  ...streamTimeLimits,
  'systemInstruction',
  'config',
  'generationConfig',
  'toolConfig',
  'extraBody',
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
/** Returns the client's settings with those of one stream. */
function withOwnSettings(
  gemini: ResolvedGeminiOptions,
  { headers: configHeaders, totalTimeoutMs }: NormalisedRequest,
  options: StartStreamOptions,
): ResolvedGeminiOptions {
  const { headers, apiKey, retry, firstContentTimeoutMs } = options;
  const own: { -readonly [Name in keyof ResolvedGeminiOptions]?: ResolvedGeminiOptions[Name] } = {};
  expectValid(optional(secretCheck), apiKey, 'apiKey');
  if (apiKey !== undefined) own.apiKey = apiKey;
  if (headers !== undefined || configHeaders !== undefined) {
    own.headers = withHeaders(gemini.headers, configHeaders, headers);
  }
  if (retry !== undefined) own.retry = resolveRetryOptions(retry);
  if (firstContentTimeoutMs !== undefined) {
    checkFirstContentTimeout(firstContentTimeoutMs, 'firstContentTimeoutMs');
    own.firstContentTimeoutMs = firstContentTimeoutMs;
  }
  const limits: Record<string, number | undefined> = { totalTimeoutMs };
  for (const name of streamTimeLimits) limits[name] = options[name] ?? limits[name];
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  if (given.length > 0) {
    own.http = Object.freeze({ ...gemini.http, ...Object.fromEntries(given) });
    resolveEventStreamOptions(own.http);
  }
  return { ...gemini, ...own };
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
