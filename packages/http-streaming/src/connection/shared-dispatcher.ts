// oxlint-disable-next-line typescript/triple-slash-reference -- packages above compile this source and must see it
/// <reference path="../undici-modules.d.ts" />
import { Socket } from 'node:net';
import type { buildConnector, Dispatcher } from 'undici';
import createConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import { arrive, watchConnect, type ConnectionTimes } from './connection-times.ts';
import { isLoopbackHost } from './loopback.ts';
import { watchSocket } from './socket-facts.ts';

const dispatchers = new Map<string, Dispatcher>();
const direct = new WeakSet<Dispatcher>();
const proxyVariables = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'] as const;

/**
 * The dispatcher for a request that brought none: one connection pool for all streams with the same connect limit.
 * Follows HTTP_PROXY, HTTPS_PROXY and NO_PROXY; loopback never goes through a proxy, because a local server seldom
 * exists on the proxy's side.
 */
export function sharedDispatcher(hostname: string, connectTimeoutMs: number): Dispatcher | Promise<Dispatcher> {
  const proxies = isLoopbackHost(hostname) ? [] : proxyVariables.map((name) => process.env[name] ?? '');
  if (proxies.every((proxy) => proxy === '')) {
    return cached(`${connectTimeoutMs}`, () => {
      const agent = new Agent({ ...quiet, connect: connector(connectTimeoutMs) });
      direct.add(agent);
      return agent;
    });
  }
  return throughProxy([connectTimeoutMs, ...proxies].join(' '), connectTimeoutMs);
}

/** Whether a dispatcher makes its connections here, so that it is known how each came about. */
export function makesConnections(dispatcher: Dispatcher): boolean {
  return direct.has(dispatcher);
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
    let timesOf: (() => ConnectionTimes) | undefined;
    // undici's types do not tell what its connector returns.
    const connecting: unknown = connect(options, (...result) => {
      const [error, socket] = result;
      if (error !== null || timesOf === undefined) return callback(...result);
      watchSocket(socket);
      arrive(timesOf(), () => callback(...result));
    });
    if (connecting instanceof Socket) timesOf = watchConnect(connecting, options.hostname);
  };
}

async function throughProxy(key: string, connectTimeoutMs: number): Promise<Dispatcher> {
  const { createProxyDispatcher } = await import('./proxy-dispatcher.ts');
  return cached(key, () => createProxyDispatcher({ ...quiet, connectTimeout: connectLimit(connectTimeoutMs) }));
}

function cached(key: string, create: () => Dispatcher): Dispatcher {
  let dispatcher = dispatchers.get(key);
  if (dispatcher === undefined) {
    dispatcher = create();
    dispatchers.set(key, dispatcher);
  }
  return dispatcher;
}
