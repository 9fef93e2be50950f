import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { ask, rawRequest, streamPath } from './raw-request.ts';

describe('an error', () => {
  it('is NOT_FOUND for an unknown model', async () => {
    await using emulator = await createEmulator();
    const path = '/v1beta/models/nope:streamGenerateContent?alt=sse';
    const response = await rawRequest(emulator.url, path, { body: ask('hi') });
    expect(response.status).toBe(404);
    expect(JSON.parse(response.body)).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } });
  });

  it.for([
    ['header', streamPath, { 'x-goog-api-key': 'bad-key' }],
    ['query', `${streamPath}&key=bad-key`, {}],
  ] as const)(
    'is API_KEY_INVALID for a bad key in the %s, and the key is recorded nowhere',
    async ([, path, headers]) => {
      await using emulator = await createEmulator();
      const response = await rawRequest(emulator.url, path, { body: ask('hi'), headers });
      expect(response.status).toBe(400);
      expect(JSON.parse(response.body)).toMatchObject({
        error: { code: 400, status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }, {}] },
      });
      expect(JSON.stringify(emulator.requests)).not.toContain('bad-key');
    },
  );

  it('is wrapped in an array where a JSON array was asked for', async () => {
    await using emulator = await createEmulator();
    const path = '/v1beta/models/nope:streamGenerateContent';
    const response = await rawRequest(emulator.url, path, { body: ask('hi') });
    expect(JSON.parse(response.body)).toMatchObject([{ error: { code: 404 } }]);
  });

  it('meets a Host name that is not loopback', async () => {
    await using emulator = await createEmulator();
    const response = await rawRequest(emulator.url, streamPath, { body: ask('hi'), headers: { host: 'evil.example' } });
    expect(response.status).toBe(403);
  });
});

describe('buffered', () => {
  it('sends the same body in one piece, with its length', async () => {
    await using plain = await createEmulator();
    await using held = await createEmulator({ scenario: 'buffered' });
    const request = { body: ask('Count from 1 to 5') };
    const [expected, response] = [
      await rawRequest(plain.url, streamPath, request),
      await rawRequest(held.url, streamPath, request),
    ];
    expect(response.body).toBe(expected.body);
    expect(response.head).toMatch(/content-length: /iu);
    expect(held.requests[0]?.writes).toHaveLength(1);
  });
});
