// oxlint-disable-next-line typescript/triple-slash-reference -- packages above compile this source and must see it
/// <reference path="./undici-modules.d.ts" />
import { isIP, Socket } from 'node:net';
import type { buildConnector, Dispatcher } from 'undici';
import createConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import type { ConnectionTimes } from './types.ts';

const dispatchers = new Map<string, Dispatcher>();
const direct = new WeakSet<Dispatcher>();
const proxyVariables = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'] as const;

/**
 * Returns the dispatcher for a request that brought none: one connection pool for all streams with the same limit.
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

/** Whether a dispatcher makes its connections here: then `currentConnection` knows them. */
export function makesConnections(dispatcher: Dispatcher): boolean {
  return direct.has(dispatcher);
}

// undici ends an HTTP/2 stream that was reset as if it were complete, so a cut answer would look whole. Its own timers
// are off, ours rule.
const quiet = { allowH2: false, headersTimeout: 0, bodyTimeout: 0 } as const;

// undici's connect timer stays, past ours, to end a connection attempt that nobody waits for.
function connectLimit(connectTimeoutMs: number): number {
  return connectTimeoutMs === Infinity ? 0 : connectTimeoutMs + 500;
}

function connector(connectTimeoutMs: number): buildConnector.connector {
  const connect = createConnector({ allowH2: false, timeout: connectLimit(connectTimeoutMs) });
  return (options, callback) => {
    let timesOf: (() => ConnectionTimes) | undefined;
    // undici's types do not tell what its connector returns.
    const connecting: unknown = connect(options, (...result) => {
      const [error] = result;
      if (error !== null || timesOf === undefined) return callback(...result);
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

/** Whether a URL's host name can only be this machine: `localhost` and names below it, `127.0.0.0/8`, `[::1]`. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === '[::1]' ||
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}

const reused: ConnectionTimes = { reused: true, dnsMs: undefined, tcpMs: undefined, tlsMs: undefined };

/** The connection that undici is being given just now. */
let arriving: ConnectionTimes | undefined;

/** Watches a socket that begins to connect to `hostname`; the result returns the times, once it is connected. */
function watchConnect(socket: Socket, hostname: string): () => ConnectionTimes {
  const startedTick = performance.now();
  let lookedUpTick: number | undefined;
  let connectedTick: number | undefined;
  // Nothing is looked up for an address, and the listener would stay as long as the connection.
  if (isIP(hostname) === 0) socket.once('lookup', () => (lookedUpTick = performance.now()));
  // Without TLS the connection is there as soon as TCP's is.
  const hasTls = 'encrypted' in socket;
  if (hasTls) socket.once('connect', () => (connectedTick = performance.now()));
  return () => {
    const nowTick = performance.now();
    const tcpTick = connectedTick ?? nowTick;
    return {
      reused: false,
      dnsMs: lookedUpTick && lookedUpTick - startedTick,
      tcpMs: tcpTick - (lookedUpTick ?? startedTick),
      tlsMs: hasTls ? nowTick - tcpTick : undefined,
    };
  };
}

/**
 * Calls undici's connect callback. undici dispatches the waiting request inside that call, which is the only way to
 * learn which connection a request uses.
 */
function arrive(times: ConnectionTimes, give: () => void): void {
  arriving = times;
  try {
    give();
  } finally {
    arriving = undefined;
  }
}

/** Returns the connection of the request that begins just now: one that is not just arriving was there before. */
export function currentConnection(): ConnectionTimes {
  const times = arriving ?? reused;
  arriving = undefined;
  return times;
}
