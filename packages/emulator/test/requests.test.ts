import { type IncomingMessage, request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { ask, rawRequest, streamPath } from './raw-request.ts';

const generatePath = '/v1beta/models/gemini-3-flash:generateContent';
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }];

describe('requests', () => {
  it.for([
    [{ contents: { parts: { text: 'What is 6 * 7?' } } }, '6 * 7 = 42.'],
    [
      {
        contents: [{ parts: [{ text: 'Count from 1 to 3' }] }],
        generation_config: { max_output_tokens: '2' },
        system_instruction: { parts: [{ text: 'Be brief' }] },
      },
      '1, 2,',
    ],
  ] as const)('a request may have names in snake_case and a single value for a list: %j', async ([body, expected]) => {
    await using emulator = await createEmulator();
    const response = await rawRequest(emulator.url, generatePath, { body: JSON.stringify(body) });
    expect(JSON.parse(response.body)).toHaveProperty('candidates.0.content.parts.0.text', expected);
  });

  it('the names of arguments and properties stay unchanged', async () => {
    await using emulator = await createEmulator();
    const parameters = {
      type: 'OBJECT',
      properties: { user_name: { type: 'STRING', min_length: 1 } },
      required: ['user_name'],
    };
    const body = JSON.stringify({
      contents,
      tools: [{ function_declarations: [{ name: 'look_up', parameters }] }],
      tool_config: { function_calling_config: { mode: 'ANY' } },
    });
    const response = await rawRequest(emulator.url, generatePath, { body });
    expect(JSON.parse(response.body)).toHaveProperty('candidates.0.content.parts.0.functionCall.args.user_name');
  });

  it.for([
    ['no body', undefined, 400, 'contents is not specified'],
    ['no JSON', '{', 400, 'Invalid JSON payload'],
    ['a list', '[]', 400, 'Expected an object'],
    ['no contents', '{}', 400, 'contents is not specified'],
    ['no parts', '{"contents":[{"role":"user"}]}', 400, 'must not be empty'],
    ['an empty part', '{"contents":[{"parts":[{}]}]}', 400, 'required oneof field'],
    ['a wrong role', '{"contents":[{"role":"system","parts":[{"text":"x"}]}]}', 400, 'valid role'],
    [
      'an unknown field',
      '{"contents":[{"parts":[{"text":"x"}]}],"temperatur":1}',
      400,
      'Unknown name \\"temperatur\\"',
    ],
    ['a wrong type', '{"contents":[{"parts":[{"text":7}]}]}', 400, "contents[0].parts[0].text' (TYPE_STRING)"],
    ['a value out of range', JSON.stringify({ contents, generationConfig: { temperature: 3 } }), 400, 'range [0, 2]'],
    ['a wrong token', JSON.stringify({ contents, continuationToken: 'bm9uZQ==' }), 400, 'continuation token'],
    [
      'a deep value',
      `{"contents":[{"parts":[{"executableCode":${'['.repeat(2_000)}${']'.repeat(2_000)}}]}]}`,
      400,
      'too deep',
    ],
  ] as const)('a request with %s is refused as the API refuses it', async ([, body, status, message]) => {
    await using emulator = await createEmulator();
    const response = await rawRequest(emulator.url, generatePath, { body });
    expect(response.status).toBe(status);
    expect(JSON.parse(response.body)).toMatchObject({ error: { code: status, status: 'INVALID_ARGUMENT' } });
    expect(response.body).toContain(message);
  });

  it.for([
    ['GET', '/v1beta/models/nope', 404],
    ['POST', '/v1beta/models/gemini-3-flash:embedContent', 404],
    ['GET', generatePath, 404],
    ['PUT', '/v1beta/models', 404],
    ['GET', '/', 404],
    ['GET', '/v2/models', 404],
    ['GET', '/v1beta/models?pageSize=x', 400],
  ] as const)('the request %s %s is answered with %i and a status', async ([method, path, status]) => {
    await using emulator = await createEmulator();
    const response = await rawRequest(emulator.url, path, { method });
    expect(response.status).toBe(status);
    expect(JSON.parse(response.body)).toHaveProperty('error.code', status);
  });

  it('a request above the limit is refused', async () => {
    await using emulator = await createEmulator({ maxBodyBytes: 1_000 });
    const response = await rawRequest(emulator.url, generatePath, { body: ask('x'.repeat(2_000)) });
    expect([response.status, response.body]).toEqual([400, expect.stringContaining('exceeds the limit: 1000 bytes')]);
  });

  it.for([
    [gzipSync(ask('What is 6 * 7?')), 'gzip', 200, '6 * 7 = 42.'],
    [Buffer.from('no gzip'), 'gzip', 400, 'not valid gzip'],
    [gzipSync(' '.repeat(5_000_000)), 'gzip', 400, 'exceeds the limit: 100000 bytes'],
    [Buffer.from('{}'), 'rot13', 400, 'Unsupported content encoding'],
  ] as const)('a compressed request is read or refused: %#', async ([body, encoding, status, said]) => {
    await using emulator = await createEmulator({ maxBodyBytes: 100_000 });
    const request = httpRequest(emulator.url + generatePath, {
      method: 'POST',
      headers: { 'content-encoding': encoding },
    });
    request.end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(status);
    expect(await text(response)).toContain(said);
  });

  it('a request without a required key, or with a wrong one, is refused', async () => {
    await using emulator = await createEmulator({ apiKey: { required: true, accepted: ['good'] } });
    const send = async (headers: Record<string, string>, path = generatePath): Promise<number> =>
      (await rawRequest(emulator.url, path, { body: ask('hi'), headers })).status;
    expect(await send({})).toBe(403);
    expect(await send({ 'x-goog-api-key': 'other' })).toBe(400);
    expect(await send({ 'x-goog-api-key': 'good' })).toBe(200);
    expect(await send({}, `${generatePath}?key=good`)).toBe(200);
    expect(await send({ authorization: 'Bearer token' })).toBe(200);
  });
});

describe('the API', () => {
  it('countTokens counts the tokens of a request, wrapped or not', async () => {
    await using emulator = await createEmulator();
    const path = '/v1beta/models/gemini-3-flash:countTokens';
    const [plain, wrapped] = await Promise.all(
      [{ contents }, { generateContentRequest: { model: 'models/gemini-3-flash', contents } }].map(
        async (body) =>
          JSON.parse((await rawRequest(emulator.url, path, { body: JSON.stringify(body) })).body) as unknown,
      ),
    );
    expect(plain).toMatchObject({ totalTokens: 1 });
    expect(wrapped).toEqual(plain);
  });

  it('models are listed in pages', async () => {
    await using emulator = await createEmulator({ models: ['my-model'] });
    const names: string[] = [];
    let token = '';
    do {
      const { body } = await rawRequest(emulator.url, `/v1beta/models?pageSize=5&pageToken=${token}`, {
        method: 'GET',
      });
      const page = JSON.parse(body) as { models: { name: string }[]; nextPageToken?: string };
      names.push(...page.models.map(({ name }) => name));
      token = page.nextPageToken ?? '';
    } while (token !== '');
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('models/my-model');
  });

  it('models.get describes one model', async () => {
    await using emulator = await createEmulator();
    const { body } = await rawRequest(emulator.url, '/v1beta/models/gemini-2.5-pro', { method: 'GET' });
    expect(JSON.parse(body)).toMatchObject({ name: 'models/gemini-2.5-pro', inputTokenLimit: 1_048_576 });
  });

  it('pages of other origins may call the API, but not the inspection', async () => {
    await using emulator = await createEmulator();
    const headers = { origin: 'https://page.example', 'access-control-request-headers': 'x-goog-api-key,content-type' };
    const preflight = await rawRequest(emulator.url, streamPath, { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(preflight.head).toMatch(/access-control-allow-headers: x-goog-api-key,content-type/iu);
    expect((await rawRequest(emulator.url, streamPath, { body: ask('hi'), headers })).head).toMatch(
      /access-control-allow-origin: \*/iu,
    );
    expect((await rawRequest(emulator.url, '/v1/models/nope', { method: 'GET', headers })).head).toMatch(
      /access-control-allow-origin: \*/iu,
    );
    expect((await rawRequest(emulator.url, '/__emulator/requests', { method: 'GET', headers })).head).not.toMatch(
      /access-control/iu,
    );
  });

  it.for([
    ['127.0.0.1:80', 200],
    ['localhost', 200],
    ['api.localhost:1', 200],
    ['[::1]:99', 200],
    ['attacker.example', 403],
    ['127.0.0.1.attacker.example', 403],
    ['localhost.attacker.example:80', 403],
  ] as const)('the Host %s is answered with %i', async ([host, status]) => {
    await using emulator = await createEmulator();
    expect((await rawRequest(emulator.url, streamPath, { body: ask('hi'), headers: { host } })).status).toBe(status);
    expect((await rawRequest(emulator.url, '/__emulator/requests', { method: 'GET', headers: { host } })).status).toBe(
      status,
    );
  });

  it('any Host is answered on an address that is not loopback', async () => {
    await using emulator = await createEmulator({ host: '0.0.0.0' });
    expect(
      (await rawRequest(emulator.url, streamPath, { body: ask('hi'), headers: { host: 'my-machine' } })).status,
    ).toBe(200);
  });

  it.for([
    'GARBAGE\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: ${'x'.repeat(30_000)}\r\n\r\n`,
    'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n',
  ])('a malformed request is answered with a status: %#', async (bytes) => {
    await using emulator = await createEmulator();
    const socket = connect(Number(new URL(emulator.url).port), '127.0.0.1');
    socket.end(bytes);
    let received = '';
    for await (const part of socket) received += String(part);
    expect(JSON.parse(received.slice(received.indexOf('\r\n\r\n') + 4))).toMatchObject({
      error: { code: 400, status: 'INVALID_ARGUMENT' },
    });
  });
});
