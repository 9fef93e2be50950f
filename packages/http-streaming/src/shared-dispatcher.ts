// oxlint-disable-next-line typescript/triple-slash-reference -- packages above compile this source and must see it
/// <reference path="./undici-modules.d.ts" />
import type { Dispatcher } from 'undici';
import Agent from 'undici/lib/dispatcher/agent.js';
import { isLoopbackHost } from './loopback.ts';

const direct = new Map<number, Dispatcher>();
const proxied = new Map<number, Dispatcher>();

/**
 * The dispatcher for a request that brought none: one connection pool for all streams with the same connect limit.
 * Follows HTTP_PROXY, HTTPS_PROXY and NO_PROXY; loopback never goes through a proxy, because a local server seldom
 * exists on the proxy's side.
 */
export async function sharedDispatcher(url: URL, connectTimeoutMs: number): Promise<Dispatcher> {
  if (isLoopbackHost(url.hostname) || !hasProxy()) {
    return cached(direct, connectTimeoutMs, () => new Agent(agentOptions(connectTimeoutMs)));
  }
  const { default: EnvHttpProxyAgent } = await import('undici/lib/dispatcher/env-http-proxy-agent.js');
  return cached(proxied, connectTimeoutMs, () => new EnvHttpProxyAgent(agentOptions(connectTimeoutMs)));
}

function hasProxy(): boolean {
  const { env } = process;
  return Boolean(env['http_proxy'] ?? env['HTTP_PROXY'] ?? env['https_proxy'] ?? env['HTTPS_PROXY']);
}

// undici ends an HTTP/2 stream that was reset as if it were complete, so a cut answer would look whole. Its own timers
// are off, ours rule; only its connect timer stays, past ours, to end a connection attempt that nobody waits for.
function agentOptions(connectTimeoutMs: number) {
  return {
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: connectTimeoutMs === 0 ? 0 : connectTimeoutMs + 500 },
  };
}

function cached(dispatchers: Map<number, Dispatcher>, key: number, create: () => Dispatcher): Dispatcher {
  let dispatcher = dispatchers.get(key);
  if (dispatcher === undefined) {
    dispatcher = create();
    dispatchers.set(key, dispatcher);
  }
  return dispatcher;
}
