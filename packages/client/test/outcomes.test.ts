import { createGemini, type GeminiOptions, type OutcomeStatus } from '@gemini/client';
import { createEmulator, type Recording } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { body, chunk } from './chunks.ts';

const apiKey = 'test-key-1234';
const stop = { finishReason: 'STOP' };

const outcomeOf = async (recording: Recording, options: GeminiOptions = {}) => {
  await using emulator = await createEmulator({ recording });
  const stream = createGemini({ baseUrl: emulator.url, apiKey, retry: false, ...options }).stream('hi');
  const text = await stream.text().catch((error: unknown) => error);
  const response = await stream.response.catch((error: unknown) => error);
  return { outcome: await stream.outcome, text, response };
};

const rejection = {
  error: {
    code: 429,
    message: `Quota of ${apiKey} is used up.`,
    status: 'RESOURCE_EXHAUSTED',
    details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }],
  },
};

/** A bare error, cut at a line end. */
const halfError = JSON.stringify(rejection, null, 2).split('\n').slice(0, 4).join('\n') + '\n';

describe('the outcome of a stream', () => {
  it.for<[string, Buffer, OutcomeStatus, string]>([
    ['a finish reason', body(chunk([{ text: 'a' }]), chunk([{ text: 'b' }], stop)), 'completed', 'ab'],
    ['MAX_TOKENS', body(chunk([{ text: 'a' }], { finishReason: 'MAX_TOKENS' })), 'completed', 'a'],
    ['an unknown finish reason', body(chunk([{ text: 'a' }], { finishReason: 'NEW_REASON' })), 'completed', 'a'],
    ['STOP on every chunk', body(chunk([{ text: 'a' }], stop), chunk([{ text: 'b' }], stop)), 'completed', 'ab'],
    ['a last chunk without content', body(chunk([{ text: 'a' }]), { candidates: [stop] }), 'completed', 'a'],
    ['[DONE] at the end', body(chunk([{ text: 'a' }], stop), 'data: [DONE]\n\n'), 'completed', 'a'],
    ['no blank line at the end', body(chunk([{ text: 'a' }], stop)).subarray(0, -4), 'completed', 'a'],
    ['no finish reason', body(chunk([{ text: 'a' }]), chunk([{ text: 'b' }])), 'truncated', 'ab'],
    ['a cut event', body(chunk([{ text: 'a' }]), chunk([{ text: 'b' }], stop)).subarray(0, -30), 'truncated', 'a'],
    [
      'a cut event after a STOP',
      body(chunk([{ text: 'a' }], stop), chunk([{ text: 'b' }], stop)).subarray(0, -30),
      'truncated',
      'a',
    ],
    [
      'a candidate that has no finish reason yet',
      body(chunk([{ text: 'a' }], stop), chunk([{ text: 'x' }], { index: 1 })),
      'truncated',
      'a',
    ],
    ['no event at all', Buffer.from(': ping\n\n'), 'truncated', ''],
    ['SAFETY', body(chunk([{ text: 'a' }], { finishReason: 'SAFETY' })), 'blocked', 'a'],
    ['a blocked prompt', body({ promptFeedback: { blockReason: 'SAFETY' } }), 'blocked', ''],
    ['an error event', body(chunk([{ text: 'a' }]), `data: ${JSON.stringify(rejection)}\r\n\r\n`), 'failed', 'a'],
    ['a bare error', body(chunk([{ text: 'a' }]), JSON.stringify(rejection, null, 2)), 'failed', 'a'],
    ['a cut bare error after a STOP', body(chunk([{ text: 'a' }], stop), halfError), 'truncated', 'a'],
    [
      'a bare chunk after a STOP',
      body(chunk([{ text: 'a' }], stop), `${JSON.stringify(chunk([{ text: 'b' }], stop))}\n\n`),
      'truncated',
      'a',
    ],
    ['a bare [DONE] at the end', body(chunk([{ text: 'a' }], stop), '[DONE]\n'), 'completed', 'a'],
    ['an event that is not JSON', body(chunk([{ text: 'a' }]), 'data: {"candidates":\n\n'), 'failed', 'a'],
    ['an event of another shape', body(chunk([{ text: 'a' }]), 'data: {"candidates":7}\n\n'), 'failed', 'a'],
  ])('the outcome after %s has the right status and text', async ([, bytes, status, text]) => {
    const { outcome } = await outcomeOf({ body: bytes });
    expect(outcome).toMatchObject({ status, text });
    expect(outcome.error === undefined).toBe(status === 'completed' || status === 'blocked');
  });

  it('text() and response of a cut answer reject with the partial response', async () => {
    const { outcome, text, response } = await outcomeOf({ body: body(chunk([{ text: 'a' }])) });
    expect(text).toBe(outcome.error);
    expect(response).toBe(outcome.error);
    expect(outcome.error).toMatchObject({ name: 'GeminiError', code: 'truncated' });
    expect(outcome.error?.partial?.candidates?.[0]?.content?.parts).toEqual([{ text: 'a' }]);
  });

  it('response of a blocked answer resolves, and the outcome has the reason', async () => {
    const { outcome, response } = await outcomeOf({ body: body({ promptFeedback: { blockReason: 'OTHER' } }) });
    expect(outcome).toMatchObject({ blockReason: 'OTHER', endedBy: 'end' });
    expect(response).toBe(outcome.response);
  });
});

describe('an error of the API', () => {
  const json = 'application/json';
  const event = `data: ${JSON.stringify(rejection)}\r\n\r\n`;
  const { code: _code, ...withoutCode } = rejection.error;
  it.for<[string, Recording]>([
    ['as the body of a refusal', { body: Buffer.from(JSON.stringify(rejection)), status: 429, contentType: json }],
    ['as a refusal in an array', { body: Buffer.from(JSON.stringify([rejection])), status: 429, contentType: json }],
    ['as a refusal called a stream', { body: Buffer.from(JSON.stringify(rejection)), status: 429 }],
    ['as the JSON body of a 200', { body: Buffer.from(JSON.stringify(rejection)), contentType: json }],
    ['as an event', { body: Buffer.from(event) }],
    ['as an event without a code', { body: Buffer.from(`data: ${JSON.stringify({ error: withoutCode })}\n\n`) }],
    ['as an event named error', { body: Buffer.from(`event: error\n${event}`) }],
    ['as pretty JSON in the body of a stream', { body: Buffer.from(JSON.stringify(rejection, null, 2)) }],
    ['as pretty JSON in pieces of 3 bytes', { body: Buffer.from(JSON.stringify(rejection, null, 2)), chunkBytes: 3 }],
  ])('an error of the API is recognised %s', async ([, recording]) => {
    const { outcome } = await outcomeOf(recording);
    expect(outcome.status).toBe('failed');
    expect(outcome.error).toMatchObject({
      code: 'api-error',
      status: 429,
      reason: 'RESOURCE_EXHAUSTED',
      retryAfterMs: 34_400,
      details: rejection.error.details,
      message: '429 RESOURCE_EXHAUSTED: Quota of [redacted] is used up.',
    });
  });

  it('the key of a refused request appears nowhere', async () => {
    await using emulator = await createEmulator();
    const stream = createGemini({ baseUrl: emulator.url, apiKey: 'bad-key' }).stream('hi');
    const { error } = await stream.outcome;
    expect(error).toMatchObject({ code: 'api-error', status: 400, reason: 'INVALID_ARGUMENT' });
    expect(JSON.stringify(emulator.requests)).not.toContain('bad-key');
  });
});

describe('a stream that cannot start', () => {
  it('a refused connection fails the stream with its address', async () => {
    await using emulator = await createEmulator({ scenario: 'connection-refused' });
    const { status, error } = await createGemini({ baseUrl: emulator.url, apiKey, retry: false }).stream('hi').outcome;
    expect([status, error?.code]).toEqual(['failed', 'connect-failed']);
    expect(error?.message).toContain(new URL(emulator.url).host);
  });

  it('a missing key fails the stream with the names to set', async () => {
    const gemini = createGemini({ baseUrl: 'https://example.invalid', apiKey: '' });
    const { error, attempts } = await gemini.stream('hi').outcome;
    expect([error?.code, attempts]).toEqual(['missing-api-key', 0]);
    expect(error?.message).toContain('GEMINI_API_KEY');
  });

  it('the key is not sent unencrypted to another machine', async () => {
    const { error, attempts } = await createGemini({ baseUrl: 'http://example.invalid', apiKey }).stream('hi').outcome;
    expect([error?.code, attempts]).toEqual(['insecure-base-url', 0]);
    expect(error?.message).not.toContain(apiKey);
  });
});
