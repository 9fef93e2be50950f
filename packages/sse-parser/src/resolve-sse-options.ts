import { sseDefaults, type SseStreamOptions } from './types.ts';

export interface ResolvedSseOptions {
  readonly maxEventBytes: number;
  readonly lastEvent: 'discard' | 'emit';
  readonly invalidUtf8: 'replace' | 'error';
}

const callbacks = ['onEvent', 'onComment', 'onRetry', 'onId', 'onText'] as const;

const describe = (value: unknown): string => (typeof value === 'string' ? `'${value}'` : String(value));

const oneOf = <Choice extends string>(name: string, value: Choice, choices: readonly Choice[]): Choice => {
  if (choices.includes(value)) return value;
  throw new TypeError(`${name}: expected ${choices.map(describe).join(' or ')}, got ${describe(value)}.`);
};

/** Fills in the defaults; throws `TypeError` for a value that cannot be meant. */
export const resolveSseOptions = (options: SseStreamOptions): ResolvedSseOptions => {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`options: expected an object, got ${typeof options}.`);
  }
  for (const name of callbacks) {
    const callback: unknown = (options as Readonly<Record<string, unknown>>)[name];
    if (callback !== undefined && typeof callback !== 'function') {
      throw new TypeError(`${name}: expected a function, got ${typeof callback}.`);
    }
  }
  const maxEventBytes = options.maxEventBytes ?? sseDefaults.maxEventBytes;
  if (!(maxEventBytes >= 1)) {
    throw new TypeError(`maxEventBytes: expected a number of bytes of at least 1, got ${describe(maxEventBytes)}.`);
  }
  return {
    maxEventBytes,
    lastEvent: oneOf('lastEvent', options.lastEvent ?? sseDefaults.lastEvent, ['discard', 'emit']),
    invalidUtf8: oneOf('invalidUtf8', options.invalidUtf8 ?? sseDefaults.invalidUtf8, ['replace', 'error']),
  };
};
