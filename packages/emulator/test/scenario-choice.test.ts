import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createEmulator, type Scenario, scenarios } from '../src/index.ts';
import { readChunks } from './meet-scenario.ts';
import { ask, rawRequest, streamPath } from './raw-request.ts';

const body = ask('Tell me about rivers');

describe('scenarios', () => {
  it('every scenario has its own name and a description', () => {
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
    expect(scenarios.filter(({ description }) => !/^[A-Z0-9].+\.$/u.test(description))).toEqual([]);
  });

  it('a scenario is chosen by header, then path, then server', async () => {
    await using emulator = await createEmulator({ scenario: 'not-found' });
    const status = async (path: string, headers = {}): Promise<number> =>
      (await rawRequest(emulator.url, path + streamPath, { body, headers })).status;
    expect(await status('')).toBe(404);
    expect(await status('/__scenario/always-unavailable')).toBe(503);
    expect(await status('/__scenario/always-unavailable', { 'x-emulator-scenario': 'unauthenticated' })).toBe(401);
    expect(await status('/my-test/__scenario/permission-denied/more')).toBe(403);
  });

  it('a scenario of a stream shapes a whole answer too, without its length', async () => {
    await using emulator = await createEmulator({ scenario: 'gzip-without-flush' });
    const response = await rawRequest(emulator.url, '/v1beta/models/gemini-3-flash:generateContent', { body });
    expect(response.head).not.toMatch(/content-length/iu);
    expect(JSON.parse(gunzipSync(response.rawBody).toString('utf8'))).toHaveProperty(
      'candidates.0.finishReason',
      'STOP',
    );
  });

  it('a request may contain its scenario as data', async () => {
    await using emulator = await createEmulator();
    const faults = [{ type: 'cut', how: 'end', afterEvents: 2 }];
    const response = await rawRequest(emulator.url, streamPath, {
      body,
      headers: { 'x-emulator-scenario': JSON.stringify(faults) },
    });
    expect(readChunks(response.body)).toHaveLength(2);
    expect(emulator.requests[0]?.faults).toEqual(faults);
  });

  it('a scenario starts again for each prefix and for each conversation', async () => {
    await using emulator = await createEmulator();
    const status = async (prefix: string, text: string): Promise<number> =>
      (await rawRequest(emulator.url, `${prefix}/__scenario/unavailable-then-fine${streamPath}`, { body: ask(text) }))
        .status;
    expect([
      await status('/a', 'x'),
      await status('/b', 'x'),
      await status('/a', 'y'),
      await status('/a', 'x'),
    ]).toEqual([503, 503, 503, 200]);
    await emulator.reset();
    expect(await status('/b', 'x')).toBe(503);
  });

  it.for([
    ['no-such-thing', 'gemini-emulator --scenarios lists them'],
    ['reset-after-contents', 'did you mean reset-after-content?'],
    ['unavailable-then', 'did you mean unavailable-then-fine'],
    ['connection-refused', 'its own address'],
    ['{', 'JSON'],
    ['{"steps":[]}', 'at least one step'],
    ['[{"type":"nope"}]', 'expected one of'],
    ['[{"type":"cut","afterEvents":"3"}]', 'expected a number'],
    ['[{"type":"cut","after":3}]', 'got after'],
    ['{"steps":[{"faults":[]}],"pick":"x"}', 'by-seed'],
  ] as const)('the scenario %s is refused with a reason', async ([value, why]) => {
    await using emulator = await createEmulator();
    const response = await rawRequest(emulator.url, streamPath, { body, headers: { 'x-emulator-scenario': value } });
    expect(response.status).toBe(400);
    expect(response.body).toContain(why);
  });
});

describe('options', () => {
  it.for([
    [{ scenario: 'html-pgae' }, 'scenario: there is no scenario html-pgae; did you mean html-page?'],
    [{ scenario: 'x'.repeat(5_000) }, `scenario: there is no scenario ${'x'.repeat(100)}; gemini-emulator`],
    [{ onRequestEnd: 'log' }, 'onRequestEnd: expected a function, got string'],
    [{ scenario: [{ type: 'cut', how: 3 }] }, 'how: expected a string, got 3'],
    [{ pace: { jitter: 2 } }, 'pace.jitter: expected a number from 0 to 1, got 2'],
    [
      { pace: { tokensPerSecond: 0 } },
      'pace.tokensPerSecond: expected a number above 0 (Infinity turns it off), got 0',
    ],
    [{ port: -1 }, 'port: expected an integer from 0 to 65535, got -1'],
    [{ seed: 1.5 }, 'seed: expected an integer'],
    [{ maxBodyBytes: 0 }, 'maxBodyBytes: expected a number above 0 (Infinity turns it off), got 0'],
    [{ record: { target: 'x', file: 'y' } }, 'record.target: expected an http or https URL'],
    [{ record: { target: 'http://x', file: 'y', maxExchangeBytes: 0 } }, 'record.maxExchangeBytes: expected'],
    [{ replay: { file: 'y', speed: -1 } }, 'replay.speed: expected a number of at least 0, got -1'],
    [{ scenarios: 'html-page' }, 'scenarios: unknown option, did you mean scenario?'],
    [{ latencyMs: 3 }, 'latencyMs: unknown option, expected one of port, host, seed'],
    [{ pace: { timeToFirstToken: 3 } }, 'pace.timeToFirstToken: unknown option, did you mean pace.timeToFirstTokenMs?'],
    [{ apiKey: { require: true } }, 'apiKey.require: unknown option, did you mean apiKey.required?'],
    [{ replay: { files: 'y' } }, 'replay.files: unknown option, did you mean replay.file?'],
  ] as const)('the options %j are refused with a TypeError that names the option', async ([options, message]) => {
    const refusal = createEmulator(options as never);
    await expect(refusal).rejects.toThrow(TypeError);
    await expect(refusal).rejects.toThrow(message);
  });

  it('Infinity turns a limit off, and undefined is the default', async () => {
    await using emulator = await createEmulator({
      port: undefined,
      maxBodyBytes: Infinity,
      pace: { tokensPerSecond: Infinity },
    });
    const headers = { 'content-encoding': 'gzip' };
    const response = await fetch(emulator.url + streamPath, { method: 'POST', headers, body: gzipSync(body) });
    expect(response.status).toBe(200);
    await response.text();
  });
});

describe('chaos', () => {
  const meet = async (seed: number | undefined, count: number): Promise<string[]> => {
    await using emulator = await createEmulator({ scenario: 'chaos', seed });
    const seen: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const asked = rawRequest(emulator.url, streamPath, {
        body: ask(`Question ${index}`),
        leave: emulator.whenReceived(index + 1).then(() => new Promise((resolve) => setTimeout(resolve, 60))),
      });
      const response = await asked;
      await emulator.whenClosed(`request-${index + 1}`);
      seen.push(`${response.status} ${response.body} ${JSON.stringify(emulator.requests[index]?.faults)}`);
    }
    return seen.map((text) => text.replaceAll(/"responseId":"[^"]*"/gu, ''));
  };

  it('chaos is the same for the same seed, and different for another', async () => {
    const withoutBody = (seen: string[]): (string | undefined)[] => seen.map((text) => /\[[^[]*$/u.exec(text)?.[0]);
    const [first, second, other] = await Promise.all([meet(1, 12), meet(1, 12), meet(2, 12)]);
    expect(withoutBody(second)).toEqual(withoutBody(first));
    expect(withoutBody(other)).not.toEqual(withoutBody(first));
  });

  it('the seed of a request repeats its faults', async () => {
    await using emulator = await createEmulator({ scenario: [{ type: 'random-splits', maxBytes: 90 }] });
    await rawRequest(emulator.url, streamPath, { body });
    const [first] = emulator.requests;
    await rawRequest(emulator.url, streamPath, { body: ask('Something else') });
    await rawRequest(emulator.url, `/__seed/${first?.seed}${streamPath}`, { body });
    const [, , again] = emulator.requests;
    expect(again?.writes.map(({ bytes }) => bytes)).toEqual(first?.writes.map(({ bytes }) => bytes));
  });

  it('the seed may pick a step of a custom scenario', async () => {
    const own: Scenario = {
      name: 'own',
      description: 'Mine.',
      pick: 'by-seed',
      steps: [{ faults: [] }, { faults: [{ type: 'error-status' }] }],
    };
    await using emulator = await createEmulator({ scenario: own });
    const statuses = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, index) => (await rawRequest(emulator.url, streamPath, { body: ask(`${index}`) })).status,
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
  });
});
