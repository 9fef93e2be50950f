import { sseDefaults, type SseParserOptions } from './types.ts';

/** The options, with a value for each that has a default. */
export interface ResolvedOptions extends SseParserOptions {
  maxEventBytes: number;
  lastEvent: 'discard' | 'emit';
  invalidUtf8: 'replace' | 'error';
}

const callbacks = ['onEvent', 'onComment', 'onRetry', 'onId', 'onText'] as const;

/** Fills in the defaults; throws `TypeError` for a value that cannot be meant. */
export const resolveOptions = (options: SseParserOptions): ResolvedOptions => {
  for (const name of callbacks) {
    const callback = options[name];
    // Left out is fine, but for the events.
    if (typeof callback !== 'function' && (callback || name === 'onEvent')) expectOption(name, 'a function', callback);
  }
  const {
    maxEventBytes = sseDefaults.maxEventBytes,
    lastEvent = sseDefaults.lastEvent,
    invalidUtf8 = sseDefaults.invalidUtf8,
  } = options;
  if (!(maxEventBytes >= 1)) expectOption('maxEventBytes', 'at least 1', maxEventBytes);
  if (!/^(discard|emit)$/.test(lastEvent)) expectOption('lastEvent', 'discard or emit', lastEvent);
  if (!/^(replace|error)$/.test(invalidUtf8)) expectOption('invalidUtf8', 'replace or error', invalidUtf8);
  return { ...options, maxEventBytes, lastEvent, invalidUtf8 };
};

/** Throws the `TypeError` that tells what was expected and what came instead. */
export const expectOption = (name: string, expected: string, got: unknown): never => {
  throw new TypeError(`${name}: expected ${expected}, got ${String(got)}.`);
};
