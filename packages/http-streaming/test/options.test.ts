import { describe, expect, it } from 'vitest';
import { resolveEventStreamOptions } from '../src/options.ts';

describe('resolveEventStreamOptions', () => {
  it('reads options that may change anew each time', () => {
    const options = { idleTimeoutMs: 1_000, retry: { maxAttempts: 2 } };
    expect(resolveEventStreamOptions(options).idleTimeoutMs).toBe(1_000);
    options.idleTimeoutMs = 2_000;
    expect(resolveEventStreamOptions(options).idleTimeoutMs).toBe(2_000);
    Object.freeze(options);
    expect(resolveEventStreamOptions(options).retry.maxAttempts).toBe(2);
    options.retry.maxAttempts = 5;
    expect(resolveEventStreamOptions(options).retry.maxAttempts).toBe(5);
  });

  it('reads options that cannot change once, and so for no options', () => {
    const options = Object.freeze({ idleTimeoutMs: 1_000, retry: Object.freeze({ maxAttempts: 2 }) });
    expect(resolveEventStreamOptions(options)).toBe(resolveEventStreamOptions(options));
    expect(resolveEventStreamOptions()).toBe(resolveEventStreamOptions());
    expect(resolveEventStreamOptions(options)).not.toBe(resolveEventStreamOptions());
  });

  it('refuses the same frozen options each time', () => {
    const options = Object.freeze({ idleTimeoutMs: -1 });
    for (const _ of [1, 2]) expect(() => resolveEventStreamOptions(options)).toThrow('idleTimeoutMs');
  });
});
