import {
  defaultEventStreamOptions,
  defaultRetryPolicy,
  type EventStreamOptions,
  refuseUnknown,
  resolveEventStreamOptions,
  resolveRetryOptions,
  type RetryPolicy,
} from '@gemini/http-streaming';
import type { StreamingFetchOptions } from './types.ts';

/** The options, checked, each with a value. */
export interface ResolvedOptions {
  /** For the transport, without `retry`, `onRetry` and `onResponse`. */
  readonly http: EventStreamOptions;
  readonly retry: RetryPolicy | false;
  /** The longest wait after which an SDK should ask again. */
  readonly maxDelayMs: number;
  readonly completeness: boolean;
  readonly maxBufferedBytes: number;
  readonly unreadTimeoutMs: number;
  readonly fetch: StreamingFetchOptions['fetch'];
  readonly onRetry: StreamingFetchOptions['onRetry'];
  readonly onEnd: StreamingFetchOptions['onEnd'];
}

/** The default options, beside those of the transport. */
export const defaultStreamingFetchOptions = { retry: false, completeness: true } as const;

const ownNames = ['retry', 'onRetry', 'completeness', 'fetch', 'onEnd'];
const optionNames = [...Object.keys(defaultEventStreamOptions), 'dispatcher', ...ownNames];

/**
 * Fills in the defaults.
 * @throws TypeError for an unknown option and for a value out of its range
 */
export function resolveOptions(options: StreamingFetchOptions): ResolvedOptions {
  refuseUnknown('', options, optionNames);
  const { retry = defaultStreamingFetchOptions.retry, completeness = true, fetch, onRetry, onEnd, ...http } = options;
  if (typeof completeness !== 'boolean') {
    throw new TypeError(`completeness: expected a boolean, got ${typeof completeness}`);
  }
  for (const [name, value] of Object.entries({ fetch, onRetry, onEnd })) {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`${name}: expected a function, got ${typeof value}`);
    }
  }
  const { maxBufferedBytes, unreadTimeoutMs } = resolveEventStreamOptions(http);
  const policy = retry === false ? false : resolveRetryOptions(retry);
  const { maxDelayMs } = policy === false ? defaultRetryPolicy : policy;
  return { http, retry: policy, maxDelayMs, completeness, maxBufferedBytes, unreadTimeoutMs, fetch, onRetry, onEnd };
}
