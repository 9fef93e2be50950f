// oxlint-disable-next-line typescript/triple-slash-reference -- packages above compile this source and must see it
/// <reference path="./undici-modules.d.ts" />
import { isIP, Socket } from 'node:net';
import type { buildConnector, Dispatcher } from 'undici';
import createConnector from 'undici/lib/core/connect.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import type { ConnectionTimes } from './types.ts';

let directDispatcher: Dispatcher | undefined;
const proxyDispatchers = new Map<string, Dispatcher>();
const ours = new WeakSet<Dispatcher>();
const proxyVariables = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'] as const;

// undici ends an HTTP/2 stream that was reset as if it were complete, so a cut answer would look whole. Its own timers
// are off, ours rule.
// Gateways add up to tens of kilobytes of headers; undici's own limit is 16 KiB.
const quiet = { allowH2: false, headersTimeout: 0, bodyTimeout: 0, maxHeaderSize: 256 * 1024 } as const;

/**
 * Returns the dispatcher for a request that brought none: one connection pool for all streams. Follows HTTP_PROXY,
 * HTTPS_PROXY and NO_PROXY; loopback never goes through a proxy, because a local server seldom exists on its side.
 */
export function sharedDispatcher(hostname: string, connectTimeoutMs: number): Dispatcher | Promise<Dispatcher> {
  const proxies = isLoopbackHost(hostname) ? [] : proxyVariables.map((name) => process.env[name] ?? '');
  if (proxies.some((proxy) => proxy !== '')) {
    return throughProxy([connectTimeoutMs, ...proxies].join(' '), connectTimeoutMs);
  }
  if (directDispatcher === undefined) {
    directDispatcher = new Agent({ ...quiet, connect: connectDirectly });
    ours.add(directDispatcher);
  }
  return directDispatcher;
}

/** Whether a dispatcher makes its connections here: then `currentConnection` knows them. */
export function makesConnections(dispatcher: Dispatcher): boolean {
  return ours.has(dispatcher);
}

async function throughProxy(key: string, connectTimeoutMs: number): Promise<Dispatcher> {
  const { createProxyDispatcher } = await import('./proxy-dispatcher.ts');
  let dispatcher = proxyDispatchers.get(key);
  if (dispatcher === undefined) {
    // undici's connect timer stays, past ours, to end a connection attempt that no request waits for any more.
    const connectTimeout = connectTimeoutMs === Infinity ? 0 : connectTimeoutMs + 500;
    dispatcher = createProxyDispatcher({ ...quiet, connectTimeout, wrapConnector: announceArrivals });
    ours.add(dispatcher);
    proxyDispatchers.set(key, dispatcher);
  }
  return dispatcher;
}

// No timer: an attempt that gives up destroys the socket that began to connect for it.
const connect = createConnector({ allowH2: false, timeout: 0 });

function connectDirectly(...[options, callback]: Parameters<buildConnector.connector>): void {
  let timesOf: (() => ConnectionTimes) | undefined;
  // undici's types do not describe what its connector returns.
  const connecting: unknown = connect(options, (...result) => {
    const [error] = result;
    if (error !== null || timesOf === undefined) return callback(...result);
    arrive(timesOf(), () => callback(...result));
  });
  if (!(connecting instanceof Socket)) return;
  timesOf = watchConnect(connecting, options.hostname);
  beginning = connecting;
}

/** Wraps a connector whose sockets are not ours, so that `currentConnection` knows a new connection from an old one. */
function announceArrivals(connector: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connector(options, (...result) => {
      const [error] = result;
      if (error !== null) callback(...result);
      else arrive(unmeasured, () => callback(...result));
    });
}

/** The socket that began to connect in the present dispatch. */
let beginning: Socket | undefined;

/**
 * Dispatches a request, and returns the socket that begins to connect for it, if it is one of ours. undici calls its
 * connector in the call of `dispatch`, which is the only way to learn which request a connection is made for.
 */
export function connectingSocket(dispatch: () => void): Socket | undefined {
  const outer = beginning;
  beginning = undefined;
  try {
    dispatch();
    return beginning;
  } finally {
    beginning = outer;
  }
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

const unmeasured: ConnectionTimes = { reused: false, dnsMs: undefined, tcpMs: undefined, tlsMs: undefined };
const reused: ConnectionTimes = { ...unmeasured, reused: true };

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
