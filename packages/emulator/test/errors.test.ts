import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { ask, rawRequest, streamPath } from './raw-request.ts';

describe('errors', () => {
  it('an unknown model is answered with NOT_FOUND', async () => {
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
    'a bad key in the %s is answered with API_KEY_INVALID, and no record contains it',
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

  it('the error of a request without alt=sse is in an array', async () => {
    await using emulator = await createEmulator();
    const path = '/v1beta/models/nope:streamGenerateContent';
    const response = await rawRequest(emulator.url, path, { body: ask('hi') });
    expect(JSON.parse(response.body)).toMatchObject([{ error: { code: 404 } }]);
  });

  it('a Host name that is not loopback is refused', async () => {
    await using emulator = await createEmulator();
    const response = await rawRequest(emulator.url, streamPath, { body: ask('hi'), headers: { host: 'evil.example' } });
    expect(response.status).toBe(403);
  });
});

describe('the scenario buffered', () => {
  it('the scenario "buffered" sends the same body in one piece, with its length', async () => {
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
