import { createGemini, type GeminiOptions } from '@gemini/client';
import { GoogleAuth, UserRefreshClient } from 'google-auth-library';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runExample } from '../../../scripts/readme-examples.ts';
import { body, chunk } from './chunks.ts';

const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform';
const answer = body(chunk([{ text: 'hello' }], { finishReason: 'STOP' }));

/** A stream server at an address of this machine that the client does not treat as loopback. */
class VertexServer implements AsyncDisposable {
  readonly received: IncomingHttpHeaders[] = [];
  readonly #server: Server;

  constructor(statuses: readonly number[] = []) {
    const left = [...statuses];
    this.#server = createServer((request, response) => {
      this.received.push(request.headers);
      request.resume();
      const status = left.shift() ?? 200;
      const error = JSON.stringify({ error: { code: status, message: 'no', status: 'UNAUTHENTICATED' } });
      response.writeHead(status, { 'content-type': status === 200 ? 'text/event-stream' : 'application/json' });
      response.end(status === 200 ? answer : error);
    });
  }

  async listen(): Promise<this> {
    this.#server.listen(0);
    await once(this.#server, 'listening');
    return this;
  }

  /** Options of a client for this server. Without `allowInsecure` the key would not be sent over plain HTTP. */
  options(host = '0.0.0.0'): GeminiOptions {
    const { port } = this.#server.address() as AddressInfo;
    return { baseUrl: `http://${host}:${port}`, allowInsecure: true, retry: { baseDelayMs: 0 } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const serviceAccount = {
  type: 'service_account',
  project_id: 'p',
  private_key_id: 'key-id',
  private_key: keys.privateKey,
  client_email: 'robot@p.iam.gserviceaccount.com',
  quota_project_id: 'payer',
};
const refreshToken = 'refresh-token-that-nobody-may-see-and-that-is-long';
const user = {
  type: 'authorized_user',
  client_id: 'client-id',
  client_secret: 'client-secret-that-nobody-may-see',
  refresh_token: refreshToken,
  quota_project_id: 'payer',
};

/** A token endpoint on this machine: its requests and its next answers. */
interface TokenEndpoint {
  readonly asked: URLSearchParams[];
  answer: { status?: number; json: object };
}

let tokens: TokenEndpoint;
let tokenUrl: string;
let folder: string;
let server: Server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'credentials-'));
  tokens = { asked: [], answer: { json: { access_token: 'ya29.token', expires_in: 3600, token_type: 'Bearer' } } };
  server = createServer((request, response) => {
    void text(request).then((form) => {
      tokens.asked.push(new URLSearchParams(form));
      const { status = 200, json } = tokens.answer;
      const numbered = JSON.stringify(json).replaceAll('#', String(tokens.asked.length));
      response.writeHead(status, { 'content-type': 'application/json' }).end(numbered);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const useKeyFile = (content: object): void => {
  const file = join(folder, 'key.json');
  writeFileSync(file, JSON.stringify(content));
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', file);
};

/** The login of a user in a company's own directory: its file names the token endpoint. */
const workforceUser = () => ({
  type: 'external_account_authorized_user',
  audience: '//iam.googleapis.com/locations/global/workforcePools/pool/providers/provider',
  client_id: 'client-id',
  client_secret: 'client-secret-that-nobody-may-see',
  refresh_token: refreshToken,
  token_url: tokenUrl,
  quota_project_id: 'payer',
});

const claimsOf = (token: string): unknown => {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`);
  expect(verify.verify(keys.publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  return JSON.parse(Buffer.from(claims, 'base64url').toString());
};

describe('Application Default Credentials', () => {
  it('Application Default Credentials renew a login and name the project to bill', async () => {
    useKeyFile(workforceUser());
    await using vertex = await new VertexServer().listen();
    const gemini = createGemini({ ...vertex.options(), vertex: { project: 'p' } });
    expect(await gemini.stream('hi').text()).toBe('hello');
    expect(vertex.received[0]).toMatchObject({ authorization: 'Bearer ya29.token', 'x-goog-user-project': 'payer' });
    expect(vertex.received[0]).not.toHaveProperty('x-goog-api-key');
    const asked = Object.fromEntries(tokens.asked[0] ?? []);
    expect(asked).toMatchObject({ grant_type: 'refresh_token', refresh_token: refreshToken });
  });

  it('Application Default Credentials exchange the token of a workload', async () => {
    const subjectFile = join(folder, 'subject');
    writeFileSync(subjectFile, 'subject-token');
    useKeyFile({
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: tokenUrl,
      credential_source: { file: subjectFile },
    });
    await using vertex = await new VertexServer().listen();
    const gemini = createGemini({ ...vertex.options(), vertex: { project: 'p', quotaProject: 'mine' } });
    expect(await gemini.stream('hi').text()).toBe('hello');
    expect(vertex.received[0]).toMatchObject({ authorization: 'Bearer ya29.token', 'x-goog-user-project': 'mine' });
    const asked = Object.fromEntries(tokens.asked[0] ?? []);
    expect(asked).toMatchObject({ subject_token: 'subject-token', scope: cloudPlatform });
  });

  it('Application Default Credentials sign with the key of a service account', async () => {
    // Outside googleapis.com the signed statement is the token.
    useKeyFile({ ...serviceAccount, universe_domain: 'cloud.example' });
    await using vertex = await new VertexServer().listen();
    const gemini = createGemini({ ...vertex.options(), vertex: { project: 'p' } });
    expect(await gemini.stream('hi').text()).toBe('hello');
    const [, token = ''] = vertex.received[0]?.authorization?.split(' ') ?? [];
    expect(claimsOf(token)).toMatchObject({ iss: serviceAccount.client_email, scope: cloudPlatform });
  });

  it('all streams of a client share a token while it is valid', async () => {
    useKeyFile(workforceUser());
    await using vertex = await new VertexServer([503]).listen();
    const gemini = createGemini({ ...vertex.options(), vertex: { project: 'p' } });
    expect(await gemini.stream('hi').text()).toBe('hello');
    expect(await gemini.stream('ho').text()).toBe('hello');
    expect(vertex.received).toHaveLength(3);
    expect(tokens.asked).toHaveLength(1);
  });

  it('credentials are requested before each attempt, and a token that is about to expire is renewed', async () => {
    useKeyFile(workforceUser());
    tokens.answer = { json: { access_token: 'token-#', expires_in: 30, token_type: 'Bearer' } };
    await using vertex = await new VertexServer([503, 503]).listen();
    const gemini = createGemini({ ...vertex.options(), vertex: { project: 'p' } });
    expect(await gemini.stream('hi').text()).toBe('hello');
    expect(vertex.received.map(({ authorization }) => authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
      'Bearer token-3',
    ]);
  });

  it('a loopback server is sent no credentials', async () => {
    useKeyFile(workforceUser());
    await using vertex = await new VertexServer().listen();
    const gemini = createGemini({ ...vertex.options('127.0.0.1'), vertex: { project: 'p' } });
    expect(await gemini.stream('hi').text()).toBe('hello');
    expect(vertex.received[0]).not.toHaveProperty('authorization');
    expect(tokens.asked).toEqual([]);
  });

  it('credentials are not requested if the request would be sent unencrypted', async () => {
    useKeyFile(workforceUser());
    const gemini = createGemini({ baseUrl: 'http://0.0.0.0:1', vertex: { project: 'p' } });
    expect((await gemini.stream('hi').outcome).error?.code).toBe('insecure-base-url');
    expect(tokens.asked).toEqual([]);
  });

  it('an API key in the options takes precedence over Application Default Credentials', async () => {
    useKeyFile(workforceUser());
    await using vertex = await new VertexServer().listen();
    await createGemini({ ...vertex.options(), apiKey: 'the-key', vertex: { project: 'p' } })
      .stream('hi')
      .text();
    expect(vertex.received[0]).toMatchObject({ 'x-goog-api-key': 'the-key' });
    expect(tokens.asked).toEqual([]);
  });

  it.for<[string, (() => object) | object, RegExp]>([
    ['refused credentials', workforceUser, /^google-auth-library returned no token: .*invalid_grant.* \[redacted\]/],
    ['credentials of an unknown type', { type: 'tomorrow' }, /^google-auth-library returned no token: .+/],
    ['incomplete credentials', { type: 'authorized_user' }, /^google-auth-library returned no token: .+/],
  ])('%s fail the stream before the request, without a secret in the error', async ([, file, message]) => {
    useKeyFile(typeof file === 'function' ? (file as () => object)() : file);
    const refusal = { error: 'invalid_grant', error_description: `not ${refreshToken}` };
    tokens.answer = { status: 400, json: refusal };
    await using vertex = await new VertexServer().listen();
    const gemini = createGemini({ ...vertex.options(), vertex: { project: 'p' } });
    const { error, attempts } = await gemini.stream('hi').outcome;
    expect([error?.code, attempts, error?.retryable]).toEqual(['auth-failed', 0, false]);
    expect(error?.message).toMatch(message);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/nobody-may-see|PRIVATE KEY/);
    expect(vertex.received).toEqual([]);
  });

  it('google-auth-library is not loaded unless it is needed', async () => {
    const code = `
      import { registerHooks } from 'node:module';
      const asked = [];
      registerHooks({ resolve: (name, context, next) => (asked.push(name), next(name, context)) });
      const { createGemini } = await import('@gemini/client');
      const baseUrl = 'http://127.0.0.1:1';
      for (const vertex of [false, { accessToken: 't' }, { project: 'p' }]) {
        await createGemini({ baseUrl, vertex, retry: false }).stream('hi').outcome;
      }
      console.log(asked.includes('@gemini/http-streaming'), asked.filter((name) => /^google-auth|^zod/.test(name)));`;
    const run = await runExample(code, fileURLToPath(new URL('..', import.meta.url)));
    expect(run).toEqual({ stdout: 'true []\n', stderr: '', exitCode: 0 });
  });

  it('the error for a missing library names it and the alternatives', async () => {
    const code = `
      import { registerHooks } from 'node:module';
      const missing = 'google-auth-library-that-is-not-installed';
      registerHooks({
        resolve: (name, context, next) => next(name === 'google-auth-library' ? missing : name, context),
      });
      const { createGemini } = await import('@gemini/client');
      const gemini = createGemini({ baseUrl: 'https://vertex.invalid', vertex: { project: 'p' } });
      const { error } = await gemini.stream('hi').outcome;
      console.log(error.code, error.message);`;
    const run = await runExample(code, fileURLToPath(new URL('..', import.meta.url)));
    expect(run).toMatchObject({ stderr: '', exitCode: 0 });
    expect(run.stdout).toMatch(/^missing-auth-library .+npm install google-auth-library, or pass vertex\.accessToken/);
  });
});

describe('credentials of google-auth-library', () => {
  /** The library has Google's token endpoint built in; its options replace it with ours. */
  const clientOptions = () => ({
    transporterOptions: {
      fetchImplementation: ((_url, init) => fetch(tokenUrl, init)) as typeof fetch,
    },
  });

  it.for([
    ['a service account', serviceAccount],
    ['a user', user],
  ] as const)('a GoogleAuth may be made for %s, also for a loopback server', async ([, file]) => {
    useKeyFile(file);
    await using vertex = await new VertexServer().listen();
    const auth = new GoogleAuth({ scopes: cloudPlatform, clientOptions: clientOptions() });
    const gemini = createGemini({ ...vertex.options('127.0.0.1'), vertex: { project: 'p', auth } });
    expect(await gemini.stream('hi').text()).toBe('hello');
    expect(vertex.received[0]).toMatchObject({ authorization: 'Bearer ya29.token', 'x-goog-user-project': 'payer' });
    const asked = Object.fromEntries(tokens.asked[0] ?? []);
    if (file === user) expect(asked).toMatchObject({ grant_type: 'refresh_token', refresh_token: refreshToken });
    else expect(claimsOf(asked['assertion'] ?? '')).toMatchObject({ iss: serviceAccount.client_email });
  });

  it('auth may be one client of google-auth-library', async () => {
    await using vertex = await new VertexServer().listen();
    const auth = new UserRefreshClient({ clientId: 'id', clientSecret: 's', refreshToken, ...clientOptions() });
    const gemini = createGemini({ ...vertex.options(), vertex: { project: 'p', auth } });
    expect(await gemini.stream('hi').text()).toBe('hello');
    expect(vertex.received[0]).toMatchObject({ authorization: 'Bearer ya29.token' });
  });

  it.for([
    ['nothing', {}],
    ['no token', new Headers({ 'x-other': '1' })],
  ] as const)('auth that returns %s fails the stream', async ([, headers]) => {
    await using vertex = await new VertexServer().listen();
    const auth = { getRequestHeaders: () => Promise.resolve(headers) };
    const { error } = await createGemini({ ...vertex.options(), vertex: { auth } }).stream('hi').outcome;
    expect(error).toMatchObject({
      code: 'auth-failed',
      message: expect.stringContaining('no authorization') as string,
    });
  });
});

describe('an access token', () => {
  it('an accessToken function is called before each attempt', async () => {
    await using vertex = await new VertexServer([503]).listen();
    let count = 0;
    const accessToken = () => `token-${(count += 1)}`;
    expect(
      await createGemini({ ...vertex.options(), vertex: { accessToken } })
        .stream('hi')
        .text(),
    ).toBe('hello');
    expect(vertex.received.map(({ authorization }) => authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('a refused access token is not sent again and is in no error', async () => {
    const accessToken = 'ya29.token-that-nobody-may-see';
    await using vertex = await new VertexServer([401]).listen();
    const { error } = await createGemini({ ...vertex.options(), vertex: { accessToken } }).stream('hi').outcome;
    expect(error).toMatchObject({ code: 'api-error', status: 401, reason: 'UNAUTHENTICATED', retryable: false });
    expect(vertex.received).toHaveLength(1);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(accessToken);
  });

  it('an accessToken function that throws fails the stream with its reason', async () => {
    const reason = new Error('the vault is closed');
    const vertex = { accessToken: () => Promise.reject(reason) };
    const { error } = await createGemini({ baseUrl: 'http://127.0.0.1:1', vertex }).stream('hi').outcome;
    expect(error).toMatchObject({ code: 'api-key-failed', cause: reason });
    expect(error?.message).toBe('the accessToken function returned no token');
  });

  it('the error for a missing credential names the options', async () => {
    vi.stubEnv('GOOGLE_API_KEY', '');
    vi.stubEnv('GEMINI_API_KEY', '');
    vi.stubEnv('GOOGLE_CLOUD_PROJECT', '');
    const { error } = await createGemini({ baseUrl: 'http://0.0.0.0:1', vertex: {} }).stream('hi').outcome;
    expect(error?.code).toBe('missing-api-key');
    expect(error?.message).toContain('vertex.project');
  });
});
