import { describe, expect, it } from 'vitest';
import { decideRetry } from '../src/retry.ts';
import { HttpStreamError, type HttpStreamErrorCode, type HttpStreamErrorFacts } from '../src/errors.ts';

const policy = { maxAttempts: 3, baseDelayMs: 100, maxDelayMs: 10_000 };
const decide = (
  code: HttpStreamErrorCode,
  facts: Partial<HttpStreamErrorFacts> = {},
  attempt = 1,
  judge?: () => { retry: boolean; minDelayMs?: number },
): number | undefined => {
  const error = new HttpStreamError(code, 'failed', { request: 'POST https://example.com/', ...facts });
  return decideRetry(error, attempt, { retry: policy, decide: judge }, () => 0.5);
};

const tlsFailure = (code: string): Error => Object.assign(new Error(code), { code });

describe('decideRetry', () => {
  it.for([408, 429, 500, 502, 503, 504])('retries after status %i', (status) => {
    expect(decide('bad-status', { status })).toBe(50);
    expect(decide('bad-status', { status }, 2)).toBe(100);
  });

  it.for([300, 400, 401, 403, 404, 409, 501])('does not retry after status %i', (status) => {
    expect(decide('bad-status', { status })).toBeUndefined();
  });

  it.for<[HttpStreamErrorCode, Partial<HttpStreamErrorFacts>, number | undefined]>([
    ['connect-failed', { connectPhase: 'dns' }, 50],
    ['connect-failed', { connectPhase: 'tls', cause: tlsFailure('ECONNRESET') }, 50],
    ['connect-failed', { connectPhase: 'tls', cause: tlsFailure('CERT_HAS_EXPIRED') }, undefined],
    ['connect-timeout', {}, 50],
    ['connection-lost', {}, 50],
    ['connection-lost', { reusedConnection: true }, 0],
    ['headers-timeout', {}, undefined],
    ['idle-timeout', {}, undefined],
    ['content-idle-timeout', {}, undefined],
    ['not-event-stream', {}, undefined],
    ['empty-body', {}, 50],
    ['invalid-body', {}, undefined],
    ['cross-origin-redirect', {}, undefined],
  ])('%s %j: %s', ([code, facts, delayMs]) => {
    expect(decide(code, facts)).toBe(delayMs);
  });

  it('waits at least as long as the server and the caller ask', () => {
    expect(decide('bad-status', { status: 429, retryAfterMs: 2_000 })).toBe(2_050);
    const judge = () => ({ retry: true, minDelayMs: 3_000 });
    expect(decide('bad-status', { status: 429, retryAfterMs: 2_000 }, 1, judge)).toBe(3_050);
    expect(decide('connection-lost', { reusedConnection: true }, 1, judge)).toBe(3_050);
  });

  it('does not retry if the server asks for a longer wait than the policy allows', () => {
    const asks = (retryAfterMs: number) => decide('bad-status', { status: 429, retryAfterMs });
    expect([asks(9_999), asks(10_000), asks(10_001)]).toEqual([10_000, 10_000, undefined]);
    const judge = (minDelayMs?: number) => () => ({ retry: true, ...(minDelayMs && { minDelayMs }) });
    expect(decide('bad-status', { status: 429, retryAfterMs: 10_001 }, 1, judge())).toBeUndefined();
    expect(decide('connection-lost', {}, 1, judge(10_001))).toBeUndefined();
    expect(decide('connection-lost', { reusedConnection: true }, 1, judge(10_001))).toBeUndefined();
  });

  it('lets the caller decide either way, within maxAttempts', () => {
    expect(decide('headers-timeout', {}, 1, () => ({ retry: true }))).toBe(50);
    expect(decide('bad-status', { status: 503 }, 1, () => ({ retry: false }))).toBeUndefined();
    expect(decide('bad-status', { status: 503 }, 3, () => ({ retry: true }))).toBeUndefined();
  });

  it.for<HttpStreamErrorCode>(['aborted', 'abandoned', 'consumer-failed', 'total-timeout', 'invalid-dispatcher'])(
    'does not ask about %s',
    (code) => {
      expect(decide(code, {}, 1, () => ({ retry: true }))).toBeUndefined();
    },
  );
});
