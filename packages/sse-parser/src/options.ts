import type { SseParserOptions } from './types.ts';

/** The defaults of the options that have one. */
export const defaultSseStreamOptions = {
  maxEventBytes: 32 * 1024 * 1024,
  lastEvent: 'discard',
  invalidUtf8: 'replace',
} as const;

/** The options, with a value for each that has a default. */
export interface ResolvedOptions extends SseParserOptions {
  readonly maxEventBytes: number;
  readonly lastEvent: 'discard' | 'emit';
  readonly invalidUtf8: 'replace' | 'error';
}

const callbacks = ['onEvent', 'onComment', 'onRetry', 'onId', 'onText'] as const;
const optionNames: readonly string[] = [...callbacks, ...Object.keys(defaultSseStreamOptions)];

/**
 * Fills in the defaults.
 *
 * @throws TypeError for an unknown option and for an invalid value
 */
export function resolveOptions(options: SseParserOptions): ResolvedOptions {
  for (const name in options) {
    if (!optionNames.includes(name)) throw new TypeError(`${name}: unknown option${suggestionFor(name)}`);
  }
  for (const name of callbacks) {
    const callback = options[name];
    // Only `onEvent` is required.
    if (typeof callback !== 'function' && (callback || name === 'onEvent')) {
      throwTypeError(name, 'a function', callback);
    }
  }
  const {
    maxEventBytes = defaultSseStreamOptions.maxEventBytes,
    lastEvent = defaultSseStreamOptions.lastEvent,
    invalidUtf8 = defaultSseStreamOptions.invalidUtf8,
  } = options;
  if (!(maxEventBytes >= 1)) throwTypeError('maxEventBytes', 'at least 1', maxEventBytes);
  if (lastEvent !== 'discard' && lastEvent !== 'emit') throwTypeError('lastEvent', 'discard or emit', lastEvent);
  if (invalidUtf8 !== 'replace' && invalidUtf8 !== 'error')
    throwTypeError('invalidUtf8', 'replace or error', invalidUtf8);
  return { ...options, maxEventBytes, lastEvent, invalidUtf8 };
}

/** Throws the `TypeError` that reports what was expected and what was passed. */
export function throwTypeError(name: string, expected: string, got: unknown): never {
  throw new TypeError(`${name}: expected ${expected}, got ${String(got)}.`);
}

/** Returns the end of a message about an unknown option: a question, if one name is the beginning of the other. */
function suggestionFor(name: string): string {
  const given = name.toLowerCase();
  const similar = optionNames.find((option) => {
    const known = option.toLowerCase();
    return known.startsWith(given) || given.startsWith(known);
  });
  return similar === undefined ? '.' : `, did you mean ${similar}?`;
}
