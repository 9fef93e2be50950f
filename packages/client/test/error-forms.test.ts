import { createGemini, type GeminiError } from '@gemini/client';
import { createEmulator, type Recording } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { body, chunk } from './chunks.ts';

async function errorOf(recording: Recording, apiKey = 'test-key-1234567890'): Promise<GeminiError | undefined> {
  await using emulator = await createEmulator({ recording });
  const { error } = await createGemini({ baseUrl: emulator.url, apiKey, retry: false }).stream('hi').outcome;
  return error;
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.4s' }];

describe('the error of a refused request', () => {
  it.for([10, 16 * 1024, 50_000, 500_000])('keeps its message, details and wait with %i characters', async (length) => {
    const message = `Quota exceeded. ${'x'.repeat(length)}`;
    const error = await errorOf({
      status: 429,
      body: json({ error: { code: 429, status: 'RESOURCE_EXHAUSTED', message, details } }),
    });
    expect(error).toMatchObject({
      code: 'api-error',
      status: 429,
      reason: 'RESOURCE_EXHAUSTED',
      retryAfterMs: 400,
      details,
    });
    expect(error?.message).toContain(message);
  });

  it.for<[name: string, value: unknown, expected: object]>([
    ['an error as a text', { error: 'the model is gone' }, { message: '404: the model is gone', status: 404 }],
    [
      'a bare status',
      { code: 403, message: 'no', status: 'PERMISSION_DENIED' },
      { message: '403 PERMISSION_DENIED: no', status: 403 },
    ],
    ['a detail', { detail: 'Not Found' }, { message: '404: Not Found' }],
    ['a message', { message: 'Not Found' }, { message: '404: Not Found' }],
    [
      'a list of faults',
      { detail: [{ loc: ['body'], msg: 'field required' }] },
      { message: '404: [{"loc":["body"],"msg":"field required"}]' },
    ],
    [
      'a code as a text',
      { error: { code: '503', message: 'busy' } },
      { message: '503: busy', status: 503, retryable: true },
    ],
    ['an array', [{ error: { message: 'no' } }], { message: '404: no' }],
  ])('is read from %s', async ([, value, expected]) => {
    expect(await errorOf({ status: 404, body: json(value) })).toMatchObject({ code: 'api-error', ...expected });
  });

  it.for<[message: string, retryAfterMs: number | undefined]>([
    ['Please retry in 58.9s.', 58_900],
    ['Please retry in 250ms.', 250],
    ['Retry in 2 s', 2_000],
    ['Please retry in a while.', undefined],
  ])('has the wait of its message: %s', async ([message, retryAfterMs]) => {
    const error = await errorOf({ status: 429, body: json({ error: { code: 429, message } }) });
    expect(error?.retryAfterMs).toBe(retryAfterMs);
  });

  it.for<[name: string, violation: object, retryable: boolean]>([
    ['of the minute', { quotaId: 'PerMinute', quotaValue: '10' }, true],
    ['of the day', { quotaId: 'RequestsPerDay', quotaValue: '10' }, false],
    ['of zero', { quotaId: 'PerMinute', quotaValue: '0' }, false],
    ['of zero, as a number', { quotaId: 'PerMinute', quotaValue: 0 }, false],
  ])('is retryable by its quota: %s', async ([, violation, retryable]) => {
    const error = { code: 429, message: 'no', details: [{ violations: [violation] }] };
    expect(await errorOf({ status: 429, body: json({ error }) })).toMatchObject({ retryable });
  });
});

describe('the error of a stream', () => {
  const start = body(chunk([{ text: 'a' }]));

  it.for<[name: string, event: string, message: string]>([
    ['as a text', 'data: {"error":"overloaded"}', 'overloaded'],
    ['bare', 'data: {"code":503,"message":"busy","status":"UNAVAILABLE"}', '503 UNAVAILABLE: busy'],
    ['as a detail', 'data: {"detail":"gone"}', 'gone'],
    ['named, as plain text', 'event: error\ndata: upstream timed out', 'upstream timed out'],
    ['named, as JSON', 'event: error\ndata: {"error":{"code":500,"message":"boom"}}', '500: boom'],
    ['named, as other JSON', 'event: error\ndata: {"reason":"x"}', '{"reason":"x"}'],
  ])('keeps its message: %s', async ([, event, message]) => {
    expect(await errorOf({ body: Buffer.concat([start, Buffer.from(`${event}\n\n`)]) })).toMatchObject({
      code: 'api-error',
      message,
    });
  });

  it('redacts a key in every field, and leaves a word alone', async () => {
    const key = 'AIzaSy-secret-of-the-user';
    const error = { code: 400, status: key, message: `bad key ${key}`, details: [{ reason: key }] };
    const failure = await errorOf({ body: Buffer.concat([start, body({ error })]) }, key);
    expect(JSON.stringify([failure, failure?.message, failure?.reason])).not.toContain(key);
    const plain = await errorOf(
      { status: 404, body: json({ error: { message: 'models/test-model is not found' } }) },
      'test',
    );
    expect(plain?.message).toContain('models/test-model');
  });
});

describe('a whole answer in another form', () => {
  it.for<[name: string, recording: Recording]>([
    [
      'one JSON object',
      { contentType: 'application/json', body: json(chunk([{ text: 'a' }], { finishReason: 'STOP' })) },
    ],
    ['no content type', { contentType: '', body: body(chunk([{ text: 'a' }], { finishReason: 'STOP' })) }],
    [
      'a doubled content type',
      {
        contentType: 'text/event-stream, text/event-stream',
        body: body(chunk([{ text: 'a' }], { finishReason: 'STOP' })),
      },
    ],
    ['a sentinel in lower case', { body: body(chunk([{ text: 'a' }], { finishReason: 'STOP' }), 'data: [done]\n\n') }],
    ['a sentinel with spaces', { body: body(chunk([{ text: 'a' }], { finishReason: 'STOP' }), 'data:  [DONE] \n\n') }],
    [
      'keep-alive events',
      {
        body: body(
          'event: keepalive\ndata: ping\n\n',
          chunk([{ text: 'a' }], { finishReason: 'STOP' }),
          'event: ping\ndata: 1.5.\n\n',
        ),
      },
    ],
  ])('is completed: %s', async ([, recording]) => {
    await using emulator = await createEmulator({ recording });
    const outcome = await createGemini({ baseUrl: emulator.url, retry: false }).stream('hi').outcome;
    expect(outcome).toMatchObject({ status: 'completed', text: 'a' });
  });

  it('a JSON object that is cut is truncated', async () => {
    const whole = json(chunk([{ text: 'abc' }], { finishReason: 'STOP' }));
    await using emulator = await createEmulator({
      recording: { contentType: 'application/json', body: whole.subarray(0, -1) },
    });
    const outcome = await createGemini({ baseUrl: emulator.url, retry: false }).stream('hi').outcome;
    expect(outcome.status).toBe('truncated');
  });
});
