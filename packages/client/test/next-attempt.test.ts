import { GeminiError } from '@gemini/client';
import { HttpStreamError, type HttpStreamErrorCode, type HttpStreamErrorFacts } from '@gemini/http-streaming';
import { describe, expect, it } from 'vitest';
import { decideNext, type AttemptFacts, type NextPolicy } from '../src/answer/next-attempt.ts';
import { failureOf, googleRpcError } from '../src/wire/google-error.ts';

const policy: NextPolicy = { maxAttempts: 3, baseDelayMs: 100, maxDelayMs: 10_000, restart: false };
const facts: AttemptFacts = {
  error: undefined,
  isWhole: false,
  isHandover: false,
  canResume: false,
  mayRepeat: true,
  hasProgress: false,
  hasContent: false,
  mayAskAgain: false,
  isUnusable: false,
  mayFallBack: false,
  spentAttempts: 1,
};
// Errors as the layers create them: the transport judges whether they are transient.
const http = (code: HttpStreamErrorCode, given: Partial<HttpStreamErrorFacts> = {}): GeminiError =>
  failureOf(new HttpStreamError(code, code, { request: 'POST http://x', ...given }), undefined);
const lost = http('connection-lost');
const refused = (status: number, { details, retryAfterMs }: { details?: unknown[]; retryAfterMs?: number } = {}) =>
  googleRpcError({ error: { code: status, details } }, { retryAfterMs }) as GeminiError;
const perDay = [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }];
const content = { hasContent: true, hasProgress: true };

const decide = (some: Partial<AttemptFacts>, own: Partial<NextPolicy> = {}, random = 1) =>
  decideNext({ ...facts, ...some }, { ...policy, ...own }, () => random);

describe('resume', () => {
  it.for<[string, Partial<AttemptFacts>]>([
    ['after a handover', { isHandover: true, ...content }],
    ['after a handover, even with the budget used up', { isHandover: true, ...content, spentAttempts: 99 }],
    ['after a lost connection', { error: lost, ...content }],
    ['after a silence', { error: http('idle-timeout'), ...content }],
    ['after an end without a finish reason', content],
  ])('the client resumes %s, if there is a token', ([, some]) => {
    expect(decide({ ...some, canResume: true })).toEqual({ type: 'resume', delayMs: 0 });
  });

  it('the client waits before it resumes after a refusal', () => {
    expect(decide({ error: refused(503), canResume: true, ...content })).toEqual({
      type: 'resume',
      delayMs: 100,
    });
  });

  it.for<[string, Partial<AttemptFacts>]>([
    ['the answer is complete', { error: lost, isWhole: true, ...content }],
    ['the server rejected the request', { error: refused(400), ...content }],
    ['the attempts are used up', { error: lost, ...content, spentAttempts: 3 }],
    ['a handover has no content and the attempts are used up', { isHandover: true, spentAttempts: 3 }],
  ])('the client does not resume if %s', ([, some]) => {
    expect(decide({ ...some, canResume: true })).toEqual({ type: 'outcome' });
  });
});

describe('retry', () => {
  it.for<[string, GeminiError]>([
    ...[408, 429, 500, 502, 503, 504].map((status): [string, GeminiError] => [`after ${status}`, refused(status)]),
    ['after a gateway page', http('bad-status', { status: 502 })],
    ['after a failed connection', http('connect-failed')],
    ['after a connection timeout', http('connect-timeout')],
    ['after a lost connection', lost],
  ])('the client retries %s, before content', ([, error]) => {
    expect(decide({ error })).toEqual({ type: 'retry', delayMs: 100 });
    expect(decide({ error, hasContent: true })).toEqual({ type: 'outcome' });
  });

  it.for<[string, GeminiError | undefined]>([
    ...[400, 401, 403, 404, 501].map((status): [string, GeminiError] => [`after ${status}`, refused(status)]),
    ['after an exceeded daily quota', refused(429, { details: [{ violations: perDay }] })],
    ['after a headers timeout', http('headers-timeout')],
    ['after a silence', http('idle-timeout')],
    ['after an unreadable chunk', new GeminiError('invalid-chunk', 'what')],
    ['after a stop', new GeminiError('stopped', 'stopped')],
    [
      'after a certificate error',
      http('connect-failed', { cause: Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }) }),
    ],
  ])('the client does not retry %s', ([, error]) => {
    expect(decide({ error })).toEqual({ type: 'outcome' });
  });

  it('the wait doubles with each attempt, up to a limit', () => {
    const error = refused(503);
    const waits = [1, 2, 3, 9].map((spentAttempts) => {
      const rung = (random: number) => decide({ error, spentAttempts }, { maxAttempts: 99 }, random);
      return [rung(0), rung(1)].map((each) => 'delayMs' in each && each.delayMs);
    });
    expect(waits).toEqual([
      [0, 100],
      [0, 200],
      [0, 400],
      [0, 10_000],
    ]);
  });

  it.for([0, 0.5, 1])('the wait is never shorter than the server asked for (random %d)', (random) => {
    const rung = decide({ error: refused(429, { retryAfterMs: 5_000 }) }, {}, random);
    expect('delayMs' in rung && rung.delayMs).toBe(5_000 + random * 100);
  });

  it('the stream ends if the server asks for a longer wait than the limit', () => {
    expect(decide({ error: refused(429, { retryAfterMs: 10_001 }) })).toEqual({ type: 'outcome' });
  });
});

describe('restart', () => {
  it('the client restarts only with restart: true', () => {
    expect(decide({ error: lost, ...content }, { restart: true })).toEqual({ type: 'restart', delayMs: 100 });
    expect(decide(content, { restart: true })).toEqual({ type: 'restart', delayMs: 100 });
    expect(decide({ error: lost, ...content })).toEqual({ type: 'outcome' });
    expect(decide({ error: refused(400), ...content }, { restart: true })).toEqual({ type: 'outcome' });
  });
});
