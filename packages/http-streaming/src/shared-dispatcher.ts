// oxlint-disable-next-line typescript/triple-slash-reference -- packages above compile this source and must see it
/// <reference path="./undici-modules.d.ts" />
import type { buildConnector, Dispatcher } from 'undici';
import createConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import { isLoopbackHost } from './loopback.ts';
import { watchSocket } from './socket-facts.ts';

const dispatchers = new Map<string, Dispatcher>();
const proxyVariables = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'] as const;

/**
 * The dispatcher for a request that brought none: one connection pool for all streams with the same connect limit.
 * Follows HTTP_PROXY, HTTPS_PROXY and NO_PROXY; loopback never goes through a proxy, because a local server seldom
 * exists on the proxy's side.
 */
export async function sharedDispatcher(url: URL, connectTimeoutMs: number): Promise<Dispatcher> {
  const proxies = proxyVariables.map((name) => process.env[name] ?? '');
  if (isLoopbackHost(url.hostname) || proxies.every((proxy) => proxy === '')) {
    return cached(`${connectTimeoutMs}`, () => new Agent({ ...quiet, connect: connector(connectTimeoutMs) }));
  }
  const { createProxyDispatcher } = await import('./proxy-dispatcher.ts');
  return cached([connectTimeoutMs, ...proxies].join(' '), () =>
    createProxyDispatcher({ ...quiet, connectTimeout: connectLimit(connectTimeoutMs) }),
  );
}

// undici ends an HTTP/2 stream that was reset as if it were complete, so a cut answer would look whole. Its own timers
// are off, ours rule.
const quiet = { allowH2: false, headersTimeout: 0, bodyTimeout: 0 } as const;

// undici's connect timer stays, past ours, to end a connection attempt that nobody waits for.
function connectLimit(connectTimeoutMs: number): number {
  return connectTimeoutMs === 0 ? 0 : connectTimeoutMs + 500;
}

function connector(connectTimeoutMs: number): buildConnector.connector {
  const connect = createConnector({ allowH2: false, timeout: connectLimit(connectTimeoutMs) });
  return (options, callback) => {
    connect(options, (...result) => {
      const [error, socket] = result;
      if (error === null && socket !== null) watchSocket(socket);
      callback(...result);
    });
  };
}

function cached(key: string, create: () => Dispatcher): Dispatcher {
  let dispatcher = dispatchers.get(key);
  if (dispatcher === undefined) {
    dispatcher = create();
    dispatchers.set(key, dispatcher);
  }
  return dispatcher;
}
