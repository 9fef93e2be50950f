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
  token: undefined,
  hasProgress: false,
  hasContent: false,
  spentAttempts: 1,
};
// Errors as the layers make them: the transport judges whether they are transient.
const http = (code: HttpStreamErrorCode, given: Partial<HttpStreamErrorFacts> = {}): GeminiError =>
  failureOf(new HttpStreamError(code, code, { request: 'POST http://x', ...given }), undefined);
const lost = http('connection-lost');
const refused = (status: number, { details, retryAfterMs }: { details?: unknown[]; retryAfterMs?: number } = {}) =>
  googleRpcError({ error: { code: status, details } }, { retryAfterMs }) as GeminiError;
const perDay = [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }];
const content = { hasContent: true, hasProgress: true };

const decide = (some: Partial<AttemptFacts>, own: Partial<NextPolicy> = {}, random = 1) =>
  decideNext({ ...facts, ...some }, { ...policy, ...own }, () => random);

describe('the first rung goes on', () => {
  it.for<[string, Partial<AttemptFacts>]>([
    ['after a handover', { isHandover: true, ...content }],
    ['after a handover, however many there were', { isHandover: true, ...content, spentAttempts: 99 }],
    ['after a lost connection', { error: lost, ...content }],
    ['after a silence', { error: http('idle-timeout'), ...content }],
    ['after an end without a finish reason', content],
  ])('%s, with a token', ([, some]) => {
    expect(decide({ ...some, token: 't' })).toEqual({ type: 'resume', token: 't', delayMs: 0 });
  });

  it('waits first where the server refused', () => {
    expect(decide({ error: refused(503), token: 't', ...content })).toEqual({
      type: 'resume',
      token: 't',
      delayMs: 100,
    });
  });

  it.for<[string, Partial<AttemptFacts>]>([
    ['the answer is whole', { error: lost, isWhole: true, ...content }],
    ['the server says that the request is wrong', { error: refused(400), ...content }],
    ['the attempts are used up', { error: lost, ...content, spentAttempts: 3 }],
    ['a handover brings nothing and the attempts are used up', { isHandover: true, spentAttempts: 3 }],
  ])('not where %s', ([, some]) => {
    expect(decide({ ...some, token: 't' })).toEqual({ type: 'outcome' });
  });
});

describe('the second rung sends again', () => {
  it.for<[string, GeminiError]>([
    ...[408, 429, 500, 502, 503, 504].map((status): [string, GeminiError] => [`after ${status}`, refused(status)]),
    ['after a gateway page', http('bad-status', { status: 502 })],
    ['without a connection', http('connect-failed')],
    ['after a connection that took too long', http('connect-timeout')],
    ['after a connection that was lost', lost],
  ])('%s, while nothing was delivered', ([, error]) => {
    expect(decide({ error })).toEqual({ type: 'retry', delayMs: 100 });
    expect(decide({ error, hasContent: true })).toEqual({ type: 'outcome' });
  });

  it.for<[string, GeminiError | undefined]>([
    ...[400, 401, 403, 404, 501].map((status): [string, GeminiError] => [`after ${status}`, refused(status)]),
    ['after a quota of the day', refused(429, { details: [{ violations: perDay }] })],
    ['while the model may still be thinking', http('headers-timeout')],
    ['after a silence', http('idle-timeout')],
    ['after a body that ended in peace', undefined],
    ['after a chunk that nobody can read', new GeminiError('invalid-chunk', 'what')],
    ['after a stop', new GeminiError('stopped', 'stopped')],
    [
      'with a certificate that is wrong',
      http('connect-failed', { cause: Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }) }),
    ],
  ])('not %s', ([, error]) => {
    expect(decide({ error })).toEqual({ type: 'outcome' });
  });

  it('waits up to twice as long each time, up to a limit', () => {
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

  it.for([0, 0.5, 1])('never waits less than the server asked (%d)', (random) => {
    const rung = decide({ error: refused(429, { retryAfterMs: 5_000 }) }, {}, random);
    expect('delayMs' in rung && rung.delayMs).toBe(5_000 + random * 100);
  });

  it('ends where the server asks for more than the limit', () => {
    expect(decide({ error: refused(429, { retryAfterMs: 10_001 }) })).toEqual({ type: 'outcome' });
  });
});

describe('the third rung begins anew', () => {
  it('only where it was asked for', () => {
    expect(decide({ error: lost, ...content }, { restart: true })).toEqual({ type: 'restart', delayMs: 100 });
    expect(decide(content, { restart: true })).toEqual({ type: 'restart', delayMs: 100 });
    expect(decide({ error: lost, ...content })).toEqual({ type: 'outcome' });
    expect(decide({ error: refused(400), ...content }, { restart: true })).toEqual({ type: 'outcome' });
  });
});
