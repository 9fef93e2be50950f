import type { EventStreamOptions } from './types.ts';

/** The limits that hold where a caller names none. */
export const defaultEventStreamOptions = {
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 300_000,
  idleTimeoutMs: 120_000,
  unreadTimeoutMs: 30_000,
  maxEventBytes: 32 * 1024 * 1024,
  maxBufferedBytes: 256 * 1024,
} as const;

/** The limits of one stream, each with a value. */
export type ResolvedEventStreamOptions = {
  readonly [Name in keyof typeof defaultEventStreamOptions]: number;
};

/**
 * Fills in the defaults.
 * @throws TypeError for a limit that is not a number of at least 0
 */
export function resolveEventStreamOptions(options: EventStreamOptions = {}): ResolvedEventStreamOptions {
  const resolved: Record<string, number> = {};
  for (const [name, fallback] of Object.entries(defaultEventStreamOptions)) {
    const value = options[name as keyof ResolvedEventStreamOptions] ?? fallback;
    if (typeof value !== 'number' || !(value >= 0)) {
      throw new TypeError(`${name}: expected a number of at least 0, got ${String(value)}`);
    }
    resolved[name] = value;
  }
  return resolved as ResolvedEventStreamOptions;
}
