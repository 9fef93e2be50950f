import { createGemini, type GeminiOptions } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { streamUrl } from '../src/request/endpoint.ts';
import { resolveGeminiOptions } from '../src/options.ts';

const model = 'publishers/google/models/gemini-flash-latest';
const method = ':streamGenerateContent?alt=sse';

describe('vertex', () => {
  it.for<[NonNullable<GeminiOptions['vertex']>, string]>([
    [{ project: 'p', location: 'europe-west4' }, `/v1beta1/projects/p/locations/europe-west4/${model}${method}`],
    [{ project: 'p' }, `/v1beta1/projects/p/locations/global/${model}${method}`],
    [{}, `/v1beta1/${model}${method}`],
  ])('Vertex AI receives requests at the path for %j', async ([vertex, path]) => {
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url, vertex: { ...vertex, accessToken: 'ya29.token' } });
    expect((await gemini.stream('hi').outcome).status).toBe('completed');
    expect(emulator.requests[0]?.path).toBe(path);
    expect(emulator.requests[0]?.headers).toHaveProperty('authorization');
    expect(emulator.requests[0]?.headers).not.toHaveProperty('x-goog-api-key');
  });

  it('a request to a tuned model has labels and the project to bill', async () => {
    await using emulator = await createEmulator({ models: ['1234'] });
    const vertex = { project: 'p', location: 'us-central1', accessToken: 'ya29.token', quotaProject: 'payer' };
    const stream = createGemini({ baseUrl: emulator.url, vertex }).stream(
      { contents: 'hi', config: { labels: { team: 'blue' } } },
      { model: 'endpoints/1234' },
    );
    await stream.text();
    expect(emulator.requests[0]).toMatchObject({
      path: `/v1beta1/projects/p/locations/us-central1/endpoints/1234${method}`,
      headers: { 'x-goog-user-project': 'payer' },
      body: { labels: { team: 'blue' } },
    });
  });

  it('a quota header in the options takes precedence over quotaProject', async () => {
    await using emulator = await createEmulator();
    const vertex = { accessToken: 'ya29.token', quotaProject: 'payer' };
    const headers = { 'X-Goog-User-Project': 'mine' };
    await createGemini({ baseUrl: emulator.url, vertex, headers }).stream('hi').text();
    expect(emulator.requests[0]?.headers).toMatchObject({ 'x-goog-user-project': 'mine' });
  });

  it.for([
    ['gemini-x', 'projects/p/locations/eu/publishers/google/models/gemini-x'],
    ['models/gemini-x', 'projects/p/locations/eu/publishers/google/models/gemini-x'],
    ['publishers/google/models/gemini-x@001', 'projects/p/locations/eu/publishers/google/models/gemini-x@001'],
    ['endpoints/1234', 'projects/p/locations/eu/endpoints/1234'],
    ['projects/q/locations/us/endpoints/1234', 'projects/q/locations/us/endpoints/1234'],
  ] as const)('the model %s has its own path', ([name, path]) => {
    const url = streamUrl({
      baseUrl: 'https://aiplatform.eu.rep.googleapis.com',
      apiVersion: 'v1',
      model: name,
      vertex: { project: 'p', location: 'eu' },
    });
    expect(url.href).toBe(`https://aiplatform.eu.rep.googleapis.com/v1/${path}${method}`);
  });

  it.for([
    'tunedModels/x',
    'publishers/google/gemini-x',
    'google/gemini-x',
    'models/..',
    'publishers/../models/x',
    'endpoints/1?x',
    'gemini-x:predict',
    'projects/p/locations/eu/endpoints/1:predict',
    'models/a b',
    '',
    'models/',
  ])('a model name cannot leave its place in the path: %j', (name) => {
    const options = { baseUrl: 'https://x.example', apiVersion: 'v1', model: name };
    for (const vertex of [
      { project: 'p', location: 'eu' },
      { project: undefined, location: 'global' },
    ]) {
      expect(() => streamUrl({ ...options, vertex })).toThrow('model: expected a');
    }
  });

  it('an endpoint needs a project', () => {
    const place = {
      baseUrl: 'https://x.example',
      apiVersion: 'v1',
      vertex: { project: undefined, location: 'global' },
    };
    expect(() => streamUrl({ ...place, model: 'endpoints/1' })).toThrow('expected a published model');
  });

  it.for([
    ['global', 'https://aiplatform.googleapis.com'],
    ['us', 'https://aiplatform.us.rep.googleapis.com'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com'],
    ['europe-west4', 'https://europe-west4-aiplatform.googleapis.com'],
  ])('Vertex AI has an address for %s', ([location, baseUrl]) => {
    expect(resolveGeminiOptions({ vertex: { project: 'p', location } }, {}).baseUrl).toBe(baseUrl);
    expect(resolveGeminiOptions({ apiKey: 'k', vertex: { location } }, {}).baseUrl).toBe(baseUrl);
  });

  it.for<[NonNullable<GeminiOptions['vertex']>, string]>([
    [{ location: 'evil.example/' }, 'vertex.location: expected a region such as europe-west4, got "evil.example/"'],
    [{ location: 'evil.example#' }, 'vertex.location: expected a region'],
    [{ project: 'p', location: 'US' }, 'vertex.location: expected a region'],
    [{ project: '../x' }, 'vertex.project: expected a name, got "../x"'],
    [{ project: '..' }, 'vertex.project: expected a name'],
  ])('invalid options of vertex throw a TypeError: %j', ([vertex, message]) => {
    for (const apiKey of ['k', undefined]) {
      expect(() => createGemini({ apiKey, vertex: { accessToken: 't', ...vertex } })).toThrow(message);
    }
  });
});

describe('the environment', () => {
  const cloud = { GOOGLE_CLOUD_PROJECT: 'env-project', GOOGLE_CLOUD_LOCATION: 'us-east5' };
  const chosen = { GOOGLE_GENAI_USE_VERTEXAI: 'true', ...cloud };

  it.for<[string, GeminiOptions, NodeJS.ProcessEnv, object | undefined]>([
    [
      'the environment chooses Vertex AI',
      {},
      chosen,
      { project: 'env-project', location: 'us-east5', isAuthImplied: true },
    ],
    [
      'the environment chooses Vertex AI in any letter case',
      {},
      { GOOGLE_GENAI_USE_VERTEXAI: 'True' },
      { project: undefined, location: 'global' },
    ],
    [
      'the environment chooses Vertex AI by the newer name',
      {},
      { GOOGLE_GENAI_USE_ENTERPRISE: 'true', ...cloud },
      { project: 'env-project' },
    ],
    [
      'the newer name takes precedence over the older one',
      {},
      { GOOGLE_GENAI_USE_ENTERPRISE: 'false', GOOGLE_GENAI_USE_VERTEXAI: 'true' },
      undefined,
    ],
    ['a project alone does not choose Vertex AI', {}, cloud, undefined],
    ['vertex: false takes precedence over the environment', { vertex: false }, chosen, undefined],
    [
      'the environment supplies the location that vertex leaves out',
      { vertex: { project: 'p' } },
      cloud,
      { project: 'p', location: 'us-east5' },
    ],
    [
      'a key in the options takes precedence over a project of the environment',
      { vertex: {}, apiKey: 'k' },
      chosen,
      { project: undefined, location: 'global', auth: undefined },
    ],
    [
      'a key of the environment does not replace a project',
      { vertex: { project: 'p' } },
      { GOOGLE_API_KEY: 'env-key' },
      { project: 'p', isAuthImplied: true },
    ],
    [
      'the environment may supply the key of express mode',
      { vertex: {} },
      { GOOGLE_API_KEY: 'k' },
      { isAuthImplied: false, auth: undefined },
    ],
  ])('%s', ([, options, env, vertex]) => {
    const resolved = resolveGeminiOptions(options, env);
    if (vertex === undefined) expect(resolved.vertex).toBeUndefined();
    else expect(resolved.vertex).toMatchObject(vertex);
    expect(resolved.apiVersion).toBe(vertex === undefined ? 'v1beta' : 'v1beta1');
  });

  it('each API has its own base URL variable, and GEMINI_BASE_URL applies to both', () => {
    const env = { GOOGLE_GEMINI_BASE_URL: 'https://gemini.example', GOOGLE_VERTEX_BASE_URL: 'https://vertex.example' };
    expect(resolveGeminiOptions({ vertex: { project: 'p' } }, env).baseUrl).toBe('https://vertex.example');
    expect(resolveGeminiOptions({}, env).baseUrl).toBe('https://gemini.example');
    const { GOOGLE_GEMINI_BASE_URL, GOOGLE_VERTEX_BASE_URL } = env;
    expect(resolveGeminiOptions({ vertex: {} }, { GOOGLE_GEMINI_BASE_URL }).baseUrl).toBe(
      'https://aiplatform.googleapis.com',
    );
    expect(resolveGeminiOptions({}, { GOOGLE_VERTEX_BASE_URL }).baseUrl).toBe(
      'https://generativelanguage.googleapis.com',
    );
    const forBoth = { ...env, GEMINI_BASE_URL: 'https://both.example' };
    expect(resolveGeminiOptions({ vertex: {} }, forBoth).baseUrl).toBe('https://both.example');
  });
});
