import { defaultRetryPolicy, resolveRetryOptions } from '@gemini/http-streaming';
import { describe, expect, it } from 'vitest';
import { defaultEventStreamOptions, resolveEventStreamOptions } from '../src/options.ts';

describe('resolveEventStreamOptions', () => {
  it('resolves mutable options for each call', () => {
    const options = { idleTimeoutMs: 1_000, retry: { maxAttempts: 2 } };
    expect(resolveEventStreamOptions(options).idleTimeoutMs).toBe(1_000);
    options.idleTimeoutMs = 2_000;
    expect(resolveEventStreamOptions(options).idleTimeoutMs).toBe(2_000);
    Object.freeze(options);
    expect(resolveEventStreamOptions(options).retry.maxAttempts).toBe(2);
    options.retry.maxAttempts = 5;
    expect(resolveEventStreamOptions(options).retry.maxAttempts).toBe(5);
  });

  it('resolves frozen options once, and the defaults once', () => {
    const options = Object.freeze({ idleTimeoutMs: 1_000, retry: Object.freeze({ maxAttempts: 2 }) });
    expect(resolveEventStreamOptions(options)).toBe(resolveEventStreamOptions(options));
    expect(resolveEventStreamOptions()).toBe(resolveEventStreamOptions());
    expect(resolveEventStreamOptions(options)).not.toBe(resolveEventStreamOptions());
  });

  it('refuses invalid frozen options in each call', () => {
    const options = Object.freeze({ idleTimeoutMs: -1 });
    for (const _ of [1, 2]) expect(() => resolveEventStreamOptions(options)).toThrow('idleTimeoutMs');
  });

  it('accepts Infinity for every limit', () => {
    const names = Object.keys(defaultEventStreamOptions);
    const options = Object.fromEntries(names.map((name) => [name, Infinity]));
    expect(resolveEventStreamOptions(options)).toMatchObject(options);
  });

  it.for(Object.keys(defaultEventStreamOptions).filter((name) => name !== 'maxRedirects'))(
    'refuses 0 for %s, and names Infinity',
    (name) => {
      const message = `${name}: expected a number above 0 (Infinity turns it off), got 0`;
      expect(() => resolveEventStreamOptions({ [name]: 0 })).toThrow(new TypeError(message));
    },
  );

  it('follows no redirect for maxRedirects: 0', () => {
    expect(resolveEventStreamOptions({ maxRedirects: 0 }).maxRedirects).toBe(0);
  });

  it.for<[object, string]>([
    [{ idleTimeout: 1 }, 'idleTimeout: unknown option, did you mean idleTimeoutMs?'],
    [{ idelTimeoutMs: 1 }, 'idelTimeoutMs: unknown option, did you mean idleTimeoutMs?'],
    [{ maxbufferedbytes: 1 }, 'maxbufferedbytes: unknown option, did you mean maxBufferedBytes?'],
    [{ retry: { maxAttempt: 1 } }, 'retry.maxAttempt: unknown option, did you mean retry.maxAttempts?'],
    [
      { retry: { times: 1 } },
      'retry.times: unknown option, expected one of maxAttempts, baseDelayMs, maxDelayMs, decide',
    ],
  ])('refuses the unknown option of %j', ([options, message]) => {
    expect(() => resolveEventStreamOptions(options)).toThrow(new TypeError(message));
  });
});

describe('resolveRetryOptions', () => {
  it('fills in the defaults, and makes one attempt for false', () => {
    expect(resolveRetryOptions()).toEqual(defaultRetryPolicy);
    expect(resolveRetryOptions({ maxAttempts: 5 })).toEqual({ ...defaultRetryPolicy, maxAttempts: 5 });
    expect(resolveRetryOptions(false)).toEqual({ ...defaultRetryPolicy, maxAttempts: 1 });
  });

  it.for<[unknown, string]>([
    [{ maxAttempts: 0 }, 'retry.maxAttempts: expected a number of at least 1, got 0'],
    [{ baseDelayMs: -1 }, 'retry.baseDelayMs: expected a number of at least 0, got -1'],
    [{ maxDelayMs: Number.NaN }, 'retry.maxDelayMs: expected a number of at least 0, got NaN'],
    [true, 'retry: expected an object or false, got boolean'],
    [null, 'retry: expected an object or false, got null'],
  ])('refuses %j', ([options, message]) => {
    expect(() => resolveRetryOptions(options as false)).toThrow(new TypeError(message));
  });
});
