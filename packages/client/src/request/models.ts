import { type RetryOptions, type RetryPolicy, refuseUnknown, resolveRetryOptions } from '@gemini/http-streaming';
import { isRecord, kindOf } from '../wire/guard.ts';
import { type GenaiConfig, fieldsOfGenaiConfig } from './genai-config.ts';

/**
 * A model by its name, or several in the order in which they are asked: the next one is asked if the one before cannot
 * answer now and nothing of its answer has been delivered.
 */
export type ModelChoice = string | readonly (string | FallbackModel)[];

/** One model of several, with settings of its own. */
export interface FallbackModel {
  readonly model: string;
  /** Replaces fields of the request for this model, such as `thinkingConfig`. @defaultValue none */
  readonly config?: ModelConfig | undefined;
  /** The attempts with this model; `false` asks it once. @defaultValue the stream's */
  readonly retry?: RetryOptions | false | undefined;
  /** The most time until the first content of this model, in milliseconds. @defaultValue the stream's */
  readonly firstContentTimeoutMs?: number | undefined;
}

/** The fields of a request that may differ between models. Functions and messages are those of the stream. */
export type ModelConfig = Omit<GenaiConfig, (typeof streamFields)[number]>;

const streamFields = [
  'tools',
  'abortSignal',
  'httpOptions',
  'automaticFunctionCalling',
  'automaticContinuation',
  'continuationToken',
] as const;

/** One model to ask. */
export interface ModelSettings {
  readonly model: string;
  readonly config: ModelConfig | undefined;
  readonly retry: RetryPolicy;
  readonly firstContentTimeoutMs: number;
}

/**
 * Returns the models to ask, each with its settings.
 * @throws TypeError for an empty list, and with the path to an invalid entry
 */
export function resolveModels(
  choice: ModelChoice,
  { retry, firstContentTimeoutMs }: Pick<ModelSettings, 'retry' | 'firstContentTimeoutMs'>,
): readonly ModelSettings[] {
  const defaults = { retry, firstContentTimeoutMs };
  if (typeof choice === 'string') return [{ model: choice, config: undefined, ...defaults }];
  if (!Array.isArray(choice)) throw new TypeError(`model: expected a name or an array, got ${kindOf(choice)}`);
  if (choice.length === 0) throw new TypeError('model: expected at least one model, got an empty array');
  return (choice as readonly unknown[]).map((entry, index) => {
    const path = `model[${index}]`;
    if (typeof entry === 'string') return { model: entry, config: undefined, ...defaults };
    if (!isRecord(entry)) throw new TypeError(`${path}: expected a name or an object, got ${kindOf(entry)}`);
    return resolveEntry(entry, path, defaults);
  });
}

function resolveEntry(
  entry: Record<string, unknown>,
  path: string,
  defaults: Pick<ModelSettings, 'retry' | 'firstContentTimeoutMs'>,
): ModelSettings {
  refuseUnknown(`${path}.`, entry, ['model', 'config', 'retry', 'firstContentTimeoutMs']);
  const { model, config, retry, firstContentTimeoutMs = defaults.firstContentTimeoutMs } = entry;
  if (typeof model !== 'string') throw new TypeError(`${path}.model: expected a name, got ${kindOf(model)}`);
  checkFirstContentTimeout(firstContentTimeoutMs, `${path}.firstContentTimeoutMs`);
  return {
    model,
    config: config === undefined ? undefined : modelConfig(config, `${path}.config`),
    retry: retry === undefined ? defaults.retry : retryPolicy(retry, `${path}.`),
    firstContentTimeoutMs,
  };
}

function modelConfig(config: unknown, path: string): ModelConfig {
  if (!isRecord(config)) throw new TypeError(`${path}: expected an object, got ${kindOf(config)}`);
  const field = streamFields.find((name) => config[name] !== undefined);
  if (field !== undefined) throw new TypeError(`${path}.${field}: expected none, for it belongs to the stream`);
  // Names the fields that another option replaces, before anything is sent.
  fieldsOfGenaiConfig(config);
  return config;
}

function retryPolicy(retry: unknown, path: string): RetryPolicy {
  try {
    return resolveRetryOptions(retry as RetryOptions | false);
  } catch (error) {
    throw new TypeError(`${path}${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** @throws TypeError for a limit that is not above 0 */
export function checkFirstContentTimeout(value: unknown, name: string): asserts value is number {
  if (typeof value === 'number' && value > 0) return;
  throw new TypeError(`${name}: expected a number above 0, got ${typeof value === 'number' ? value : kindOf(value)}`);
}
