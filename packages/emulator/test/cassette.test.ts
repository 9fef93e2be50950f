import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, readCassette } from '../src/index.ts';
import { ask, rawRequest, streamPath } from './raw-request.ts';

const key = 'AIzaSy-this-is-a-secret-key';
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cassette-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

describe('recording proxies', () => {
  it.for([
    ['complete', ''],
    ['cut', '/__scenario/closed-in-the-middle'],
    ['reset', '/__scenario/reset-after-content'],
    ['complete', '/__scenario/always-unavailable'],
  ] as const)(
    'a recording proxy passes on and records an exchange with the end "%s" at "%s"',
    async ([how, prefix]) => {
      const file = join(folder, 'one.ndjson');
      await using target = await createEmulator();
      const proxy = await createEmulator({ record: { target: target.url + prefix, file } });
      const response = await rawRequest(proxy.url, streamPath, {
        body: ask('Tell me about rivers'),
        headers: { 'x-goog-api-key': key },
      });
      await proxy.close();
      const [exchange] = readCassette(await readFile(file, 'utf8')).exchanges;
      expect(response.status).toBe(exchange?.response?.status);
      expect(response.chunks.filter(Boolean)).toEqual(
        exchange?.chunks.map(({ bytes }) => Buffer.from(bytes).toString('utf8')),
      );
      expect(exchange?.end.how).toBe(how);
      expect(exchange?.path).toBe(streamPath);
      expect(target.requests[0]?.writesCount).toBe(exchange?.chunks.length);
    },
  );

  it('a recording proxy cuts an answer above its limit, in the cassette too, and rejects when it closes', async () => {
    const file = join(folder, 'large.ndjson');
    const body = Buffer.from(`data: ${'x'.repeat(200_000)}\n\n`);
    await using target = await createEmulator({ recording: { body, chunkBytes: 16_384 } });
    const proxy = await createEmulator({ record: { target: target.url, file, maxExchangeBytes: 50_000 } });
    const response = await rawRequest(proxy.url, streamPath, { body: ask('hi') });
    await expect(proxy.close()).rejects.toThrow(/maxExchangeBytes: an answer was cut at \d+ bytes, more than 50000/);
    const [exchange] = readCassette(await readFile(file, 'utf8')).exchanges;
    const recorded = exchange?.chunks.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) ?? 0;
    expect(exchange?.end.how).toBe('cut');
    expect(recorded).toBeGreaterThan(50_000);
    expect(recorded).toBeLessThan(body.byteLength);
    expect(response.body.length).toBeLessThanOrEqual(recorded);
  });

  it('a cassette contains no key, in no header and no body', async () => {
    const file = join(folder, 'secret.ndjson');
    await using target = await createEmulator({
      script: [{ reply: { text: [`Your key is ${key.slice(0, 9)}`, `${key.slice(9)}, and ${key} again`] } }],
    });
    const proxy = await createEmulator({ record: { target: target.url, file } });
    const headers = {
      'x-goog-api-key': key,
      authorization: `Bearer ${key}-token`,
      cookie: `session=${key}`,
      'x-api-key': `${key}-1`,
      'api-key': `${key}-2`,
      'x-auth-token': `${key}-3`,
      'cf-access-client-secret': `${key}-4`,
      'accept-encoding': 'gzip',
    };
    const response = await rawRequest(proxy.url, `${streamPath}&key=${key}`, {
      body: ask(`My key is ${key}`),
      headers,
    });
    await proxy.close();
    const text = await readFile(file, 'utf8');
    expect(response.body).toContain(key);
    expect(text).not.toContain(key);
    expect(text).not.toContain(Buffer.from(key).toString('base64'));
    expect(text).toContain('*'.repeat(key.length));
    // The target must not compress a body in which it echoes a key.
    expect(target.requests[0]?.headers['accept-encoding']).toBe('identity');
    expect(JSON.stringify(proxy.requests[0]?.headers)).not.toContain(key);
  });

  it('a recording proxy passes on only the key of the caller', async () => {
    await using target = await createEmulator({ apiKey: { required: true } });
    await using proxy = await createEmulator({ record: { target: target.url, file: join(folder, 'keys.ndjson') } });
    const without = await rawRequest(proxy.url, streamPath, { body: ask('hi') });
    const withKey = await rawRequest(proxy.url, streamPath, { body: ask('hi'), headers: { 'x-goog-api-key': key } });
    expect([without.status, withKey.status]).toEqual([403, 200]);
  });

  it('a recording proxy leaves the target when its client leaves, and records it', async () => {
    const file = join(folder, 'left.ndjson');
    await using target = await createEmulator({ scenario: 'silence-after-content' });
    const proxy = await createEmulator({ record: { target: target.url, file } });
    await rawRequest(proxy.url, streamPath, { body: ask('hi'), until: (seen) => seen.split('data:').length > 3 });
    expect(await target.whenClosed('request-1')).toMatchObject({ closedBy: 'client' });
    await proxy.close();
    expect(readCassette(await readFile(file, 'utf8')).exchanges[0]?.end.how).toBe('client-left');
  });

  it('a recording proxy answers UNAVAILABLE if the target refuses connections', async () => {
    const file = join(folder, 'nobody.ndjson');
    await using target = await createEmulator({ scenario: 'connection-refused' });
    const proxy = await createEmulator({ record: { target: target.url, file } });
    const response = await rawRequest(proxy.url, streamPath, { body: ask('hi') });
    await proxy.close();
    expect(response.status).toBe(503);
    expect(readCassette(await readFile(file, 'utf8')).exchanges[0]?.end.how).toBe('no-response');
  });
});

describe('cassettes', () => {
  const record = async (prefix: string): Promise<string> => {
    const file = join(folder, 'tape.ndjson');
    await using target = await createEmulator();
    const proxy = await createEmulator({ record: { target: target.url + prefix, file } });
    await rawRequest(proxy.url, streamPath, { body: ask('Tell me about naïve rivers') });
    await rawRequest(proxy.url, streamPath, { body: ask('Count from 1 to 3') });
    await proxy.close();
    return file;
  };

  it.for([
    ['', 'closed'],
    ['/__scenario/split-characters', 'closed'],
    ['/__scenario/reset-inside-event', 'reset'],
    ['/__scenario/gzip-with-flush', 'closed'],
  ] as const)('a cassette of "%s" is played byte for byte and chunk for chunk', async ([prefix, end]) => {
    const file = await record(prefix);
    const { exchanges } = readCassette(await readFile(file, 'utf8'));
    await using emulator = await createEmulator({ replay: { file, speed: 0 } });
    const response = await rawRequest(emulator.url, streamPath, { body: ask('Tell me about naïve rivers') });
    expect(response.rawBody).toEqual(Buffer.concat((exchanges[0]?.chunks ?? []).map(({ bytes }) => bytes)));
    expect(emulator.requests[0]?.writes.map(({ bytes }) => bytes)).toEqual(
      exchanges[0]?.chunks.map(({ bytes }) => bytes.byteLength),
    );
    expect(response.end).toBe(end);
  });

  it('an exchange that was recorded with a key in the query answers a request with another key', async () => {
    const file = join(folder, 'query.ndjson');
    await using target = await createEmulator();
    const proxy = await createEmulator({ record: { target: target.url, file } });
    await rawRequest(proxy.url, `${streamPath}&key=${key}`, { body: ask('hi') });
    await proxy.close();
    await using emulator = await createEmulator({ replay: { file, speed: 0 } });
    expect((await rawRequest(emulator.url, `${streamPath}&key=another-key`, { body: ask('hi') })).status).toBe(200);
  });

  it('an exchange is found by method, path and body, or in order', async () => {
    const file = await record('');
    const body = ask('Something else');
    await using strict = await createEmulator({ replay: { file, speed: 0 } });
    expect((await rawRequest(strict.url, streamPath, { body })).status).toBe(400);
    const known = ask('Count from 1 to 3');
    expect((await rawRequest(strict.url, streamPath.replace('latest', '2.5'), { body: known })).status).toBe(400);
    expect((await rawRequest(strict.url, streamPath, { body: known, method: 'PUT' })).status).toBe(400);
    expect(
      (await rawRequest(strict.url, streamPath, { body: JSON.stringify(JSON.parse(known), undefined, 2) })).status,
    ).toBe(200);
    await using loose = await createEmulator({ replay: { file, speed: 0, match: 'order' } });
    const [first, second] = [
      await rawRequest(loose.url, streamPath, { body }),
      await rawRequest(loose.url, streamPath, { body }),
    ];
    expect(first.body).toContain('rivers');
    expect(second.body).toContain('"text":" 2,"');
  });

  it('a cassette may be a value instead of a file, but not both', async () => {
    const file = join(folder, 'two.ndjson');
    await using target = await createEmulator();
    const proxy = await createEmulator({ record: { target: target.url, file } });
    for (const prompt of ['Say one', 'Say two']) await rawRequest(proxy.url, streamPath, { body: ask(prompt) });
    await proxy.close();
    const { exchanges } = readCassette(await readFile(file, 'utf8'));
    const cassette = { exchanges: exchanges.slice(1) };
    await using emulator = await createEmulator({ replay: { cassette, speed: 0, match: 'order' } });
    expect((await rawRequest(emulator.url, streamPath, { body: ask('hi') })).body).toContain('two');
    await expect(createEmulator({ replay: { cassette, file } })).rejects.toThrow('one of file and cassette');
    await expect(createEmulator({ replay: {} })).rejects.toThrow('one of file and cassette');
  });

  it('a replay at speed 1 keeps the recorded times', async () => {
    const file = join(folder, 'slow.ndjson');
    await using target = await createEmulator({ pace: { tokensPerSecond: 100 } });
    const proxy = await createEmulator({ record: { target: target.url, file } });
    await rawRequest(proxy.url, streamPath, { body: ask('Count from 1 to 12') });
    await proxy.close();
    const [exchange] = readCassette(await readFile(file, 'utf8')).exchanges;
    await using emulator = await createEmulator({ replay: { file } });
    await rawRequest(emulator.url, streamPath, { body: ask('Count from 1 to 12') });
    const [request] = emulator.requests;
    const lasted = (request?.writes.at(-1)?.atMs ?? 0) - (request?.receivedAt ?? 0);
    expect(lasted).toBeGreaterThan((exchange?.chunks.at(-1)?.atMs ?? Infinity) * 0.9);
  });

  it.for([
    ['', 'line 1'],
    ['{"cassette":2}\n', 'line 1'],
    ['{"cassette":1}\nnot json\n', 'line 2'],
    ['{"cassette":1}\n{"type":"chunk","id":1,"atMs":1,"text":"x"}\n', 'line 2'],
    ['{"cassette":1}\n{"type":"request","id":1}\n{"type":"end","id":1,"atMs":1,"how":"odd"}\n', 'line 3'],
  ] as const)('an invalid cassette is refused: %j', ([text, where]) => {
    expect(() => readCassette(text)).toThrow(where);
  });
});
