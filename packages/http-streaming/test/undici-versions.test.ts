import { createEmulator, type Emulator } from '@gemini/emulator';
import type { EventStreamOptions } from '@gemini/http-streaming';
import { Agent, EnvHttpProxyAgent, interceptors, MockAgent, ProxyAgent, type Dispatcher } from 'undici';
import {
  Agent as Agent7,
  EnvHttpProxyAgent as EnvHttpProxyAgent7,
  interceptors as interceptors7,
  MockAgent as MockAgent7,
  ProxyAgent as ProxyAgent7,
} from 'undici-7';
import { describe, expect, it } from 'vitest';
import { answerLength, apiPath, outcomeOf, prompt, requestTo } from './outcome-of.ts';
import { startProxy } from './start-proxy.ts';
import { waitFor } from './wait-for.ts';

interface Undici {
  readonly Agent: typeof Agent;
  readonly ProxyAgent: typeof ProxyAgent;
  readonly EnvHttpProxyAgent: typeof EnvHttpProxyAgent;
  readonly MockAgent: typeof MockAgent;
}

const eight: Undici = { Agent, ProxyAgent, EnvHttpProxyAgent, MockAgent };
const seven = {
  Agent: Agent7,
  ProxyAgent: ProxyAgent7,
  EnvHttpProxyAgent: EnvHttpProxyAgent7,
  MockAgent: MockAgent7,
  // The two versions differ in the types of what is not used here.
} as unknown as Undici;

const create: Readonly<Record<string, (undici: Undici, proxyUrl: string) => Dispatcher>> = {
  Agent: (undici) => new undici.Agent(),
  ProxyAgent: (undici, uri) => new undici.ProxyAgent({ uri, proxyTunnel: true }),
  EnvHttpProxyAgent: (undici, proxyUrl) =>
    new undici.EnvHttpProxyAgent({ httpProxy: proxyUrl, httpsProxy: proxyUrl, noProxy: '', proxyTunnel: true }),
};

const cases = Object.keys(create).flatMap((name) => [
  { version: 7, undici: seven, name },
  { version: 8, undici: eight, name },
]);

describe.for(cases)('$name of undici $version', ({ undici, name }) => {
  /** Meets a scenario over a real socket; through a real proxy where the dispatcher is one's. */
  const meet = async (emulator: Emulator, scenario: string, options: EventStreamOptions, signal?: AbortSignal) => {
    await using proxy = await startProxy();
    const dispatcher = create[name]?.(undici, proxy.url);
    const outcome = await outcomeOf(requestTo(await emulator.urlOf(scenario), { signal }), { ...options, dispatcher });
    await waitFor(() => emulator.requests.every(({ closedAt }) => closedAt !== undefined));
    await dispatcher?.destroy();
    return { ...outcome, asked: proxy.asked, seen: emulator.requests };
  };

  it('streams, through the proxy if there is one', async () => {
    await using emulator = await createEmulator();
    const { error, events, asked, seen } = await meet(emulator, 'lf-line-ends', {});
    expect(error).toBeUndefined();
    expect(events).toHaveLength(answerLength);
    expect(seen.map(({ body }) => body)).toEqual([prompt]);
    expect(asked).toEqual(name === 'Agent' ? [] : [`CONNECT ${new URL(emulator.url).host}`]);
  });

  it('closes the socket on an abort', async () => {
    await using emulator = await createEmulator();
    const controller = new AbortController();
    const meeting = meet(emulator, 'silence-after-content', {}, controller.signal);
    await waitFor(() => (emulator.requests[0]?.bytesWritten ?? 0) > 0);
    controller.abort();
    const { error, seen } = await meeting;
    expect(error?.code).toBe('aborted');
    expect(seen.map(({ closedBy }) => closedBy)).toEqual(['client']);
  });

  it('follows a redirect within the origin, as a POST', async () => {
    await using emulator = await createEmulator();
    const { error, events, seen } = await meet(emulator, 'redirect-same-origin', {});
    expect(error).toBeUndefined();
    expect(events).toHaveLength(answerLength);
    expect(seen.map(({ method, body }) => [method, body])).toEqual([
      ['POST', prompt],
      ['POST', prompt],
    ]);
  });

  it('uses the time limits of the transport, not its own', async () => {
    await using emulator = await createEmulator();
    const { error, seen } = await meet(emulator, 'silence-before-headers', { headersTimeoutMs: 60 });
    expect(error).toMatchObject({ code: 'headers-timeout', timeoutMs: 60 });
    expect(seen.map(({ closedBy }) => closedBy)).toEqual(['client']);
  });

  it('reports a reset', async () => {
    await using emulator = await createEmulator();
    const { error, events } = await meet(emulator, 'reset-after-content', {});
    expect(error).toMatchObject({ code: 'connection-lost', eventsCount: 3 });
    expect(events).toHaveLength(3);
  });
});

it.for([
  { version: 7, agent: () => new Agent7().compose(interceptors7.retry(), interceptors7.redirect()) },
  { version: 8, agent: () => new Agent().compose(interceptors.retry(), interceptors.redirect()) },
])('an Agent of undici $version with interceptors in front carries a stream', async ({ agent }) => {
  await using emulator = await createEmulator();
  const dispatcher = agent() as unknown as Dispatcher;
  const { error, events } = await outcomeOf(requestTo(emulator.url), { dispatcher });
  expect(error).toBeUndefined();
  expect(events).toHaveLength(answerLength);
  await dispatcher.close();
});

describe.for([
  { version: 7, undici: seven },
  { version: 8, undici: eight },
])('MockAgent of undici $version', ({ undici }) => {
  const origin = 'http://mocked.example';
  const mocked = (status: number, body: string, contentType: string): Dispatcher => {
    const agent = new undici.MockAgent();
    agent.disableNetConnect();
    const headers = { 'content-type': contentType };
    agent.get(origin).intercept({ path: apiPath, method: 'POST' }).reply(status, body, { headers });
    return agent;
  };

  it('streams its response', async () => {
    const dispatcher = mocked(200, 'data: one\n\ndata: two\n\n', 'text/event-stream');
    const { error, events } = await outcomeOf(requestTo(origin), { dispatcher });
    expect(error).toBeUndefined();
    expect(events.map(({ data }) => data)).toEqual(['one', 'two']);
  });

  it('returns its refusal as an error', async () => {
    const dispatcher = mocked(404, '{"error":{}}', 'application/json');
    const { error } = await outcomeOf(requestTo(origin), { dispatcher });
    expect(error).toMatchObject({ code: 'bad-status', status: 404, bodyExcerpt: '{"error":{}}' });
  });

  it('refuses requests that it does not mock', async () => {
    const dispatcher = mocked(200, '', 'text/event-stream');
    const { error } = await outcomeOf(requestTo('http://other.example'), { dispatcher });
    expect(error?.code).toBe('connect-failed');
  });
});
