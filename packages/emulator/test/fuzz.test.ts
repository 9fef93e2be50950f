import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { ask, rawRequest, streamPath } from './raw-request.ts';

/** Sends bytes, leaves after a number of bytes of the answer (or at its end), and returns them. */
function exchange(url: string, bytes: string, leaveAfterBytes: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      if (text.length >= leaveAfterBytes) socket.destroy();
    });
    socket.on('error', () => {}).once('close', () => resolve(text));
  });
}

const path = fc.oneof(
  fc.constantFrom(
    streamPath,
    '/v1/models/x:generateContent',
    '/v1beta/models',
    '/__emulator/requests',
    '/__scenario/nope/v1/models/gemini-3-flash:streamGenerateContent',
    '/__seed/-1/v1/models/gemini-3-flash:generateContent',
    '//',
    '*',
  ),
  fc.webPath().map((text) => `/${text}`),
  fc.stringMatching(/^\/[!-~]{0,60}$/u),
);
const headers = fc.dictionary(
  fc.constantFrom(
    'x-goog-api-key',
    'content-type',
    'content-encoding',
    'x-emulator-scenario',
    'x-emulator-seed',
    'origin',
    'expect',
    'authorization',
    'x-odd',
    'accept-encoding',
    'upgrade',
  ),
  fc.oneof(
    fc.constantFrom(
      'bad-key',
      'gzip',
      '[]',
      '{"steps":[]}',
      '[{"type":"cut","afterEvents":-1}]',
      '100-continue',
      'null',
    ),
    fc.stringMatching(/^[!-~]{0,30}$/u),
  ),
  { maxKeys: 4 },
);
const body = fc.oneof(
  fc.constant(''),
  fc.string(),
  fc.json(),
  fc.constant(ask('hi')),
  fc.json().map((text) => `{"contents":${text}}`),
  fc.json().map((text) => `{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":${text},"tools":${text}}`),
  fc
    .json()
    .map(
      (text) =>
        `{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"responseMimeType":"application/json","responseSchema":{"a":${text}}}}`,
    ),
  fc
    .json()
    .map(
      (text) =>
        `{"contents":[{"parts":[{"text":"get x"}]}],"tools":[{"functionDeclarations":[{"name":"get_x","parameters":{"type":"OBJECT","properties":{"p":${text}}}}]}]}`,
    ),
);

describe('random requests', () => {
  it('any request gets a valid answer, and the emulator keeps running', { timeout: 30_000 }, async () => {
    await using emulator = await createEmulator();
    const method = fc.constantFrom(
      'GET',
      'POST',
      'PUT',
      'DELETE',
      'OPTIONS',
      'HEAD',
      'PATCH',
      'BREW',
      'CONNECT',
      'TRACE',
    );
    await fc.assert(
      fc.asyncProperty(method, path, headers, body, async (verb, target, extra, content) => {
        const lines = Object.entries(extra).map(([name, value]) => `${name}: ${value}\r\n`);
        const head = `${verb} ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(content)}\r\n${lines.join('')}\r\n`;
        const text = await exchange(emulator.url, head + content, Infinity);
        const final = text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/u, '');
        const status = Number(/^HTTP\/1\.1 (\d{3}) /u.exec(final)?.[1]);
        expect(status).toBeGreaterThanOrEqual(200);
        if (status < 400 || verb === 'HEAD') return;
        const answer: unknown = JSON.parse(final.slice(final.indexOf('\r\n\r\n') + 4));
        expect(Array.isArray(answer) ? answer[0] : answer).toMatchObject({
          error: {
            code: expect.any(Number) as number,
            message: expect.any(String) as string,
            status: expect.any(String) as string,
          },
        });
        expect(status).not.toBe(500);
      }),
      { numRuns: 400 },
    );
    expect((await rawRequest(emulator.url, streamPath, { body: ask('hi') })).status).toBe(200);
  });

  it('a request may be cut off anywhere, while it is read or answered', async () => {
    await using emulator = await createEmulator();
    const whole = `POST ${streamPath} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${ask('Tell me about rivers').length}\r\n\r\n${ask('Tell me about rivers')}`;
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length), fc.nat(3_000), async (sent, received) => {
        if (sent === whole.length) await exchange(emulator.url, whole, Math.max(1, received));
        else
          connect(Number(new URL(emulator.url).port), '127.0.0.1')
            .on('error', () => {})
            .end(whole.slice(0, sent));
      }),
      { numRuns: 200 },
    );
    expect((await rawRequest(emulator.url, streamPath, { body: ask('hi') })).status).toBe(200);
  });

  it('a request may describe any scenario', async () => {
    await using emulator = await createEmulator();
    const fault = fc.record({
      type: fc.constantFrom(
        'cut',
        'bad-json',
        'error-event',
        'line-ends',
        'random-splits',
        'split-inside',
        'unterminated',
        'finish-reason',
        'gzip',
        'buffered',
        'more-candidates',
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 5 }), async (list) => {
        const response = await rawRequest(emulator.url, streamPath, {
          body: ask('Count from 1 to 9'),
          headers: { 'x-emulator-scenario': JSON.stringify(list) },
        });
        expect([200, 0]).toContain(response.status);
      }),
      { numRuns: 100 },
    );
    expect((await rawRequest(emulator.url, streamPath, { body: ask('hi') })).status).toBe(200);
  });
});
