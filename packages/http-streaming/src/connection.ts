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
  return connectTimeoutMs === Infinity ? 0 : connectTimeoutMs + 500;
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

/** The connection that undici is just being given. */
let arriving: ConnectionTimes | undefined;

/**
 * Watches a socket that begins to connect; the result tells how long it took so far, once it is there. `hostname` is
 * what it connects to.
 */
export function watchConnect(socket: Socket, hostname: string): () => ConnectionTimes {
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
 * Gives undici a connection. It sends the request that the connection was made for before `give` returns; that is the
 * only sign of which connection a request gets, since its handlers are not told.
 */
export function arrive(times: ConnectionTimes, give: () => void): void {
  arriving = times;
  try {
    give();
  } finally {
    arriving = undefined;
  }
}

/** To be asked while a request begins on a connection of ours: one that is not just arriving was there before. */
export function currentConnection(): ConnectionTimes {
  const times = arriving ?? reused;
  arriving = undefined;
  return times;
}

const bytesReadAt = new WeakMap<object, number>();

/** Remembers with each error of this socket how much had been read from it: Node's own errors do not say. */
export function watchSocket(socket: Socket): void {
  socket.on('error', rememberBytesRead);
}

// One function for all sockets: each has its own `this`.
function rememberBytesRead(this: Socket, error: object): void {
  bytesReadAt.set(error, this.bytesRead);
}

/**
 * Whether an error that came before any byte of a response hit a connection that had carried another response. From
 * undici's own error, or from a socket that is watched; `false` where neither tells.
 */
export function isReusedConnection(error: Error): boolean {
  const { socket } = error as { socket?: { bytesRead?: unknown } | null };
  const bytesRead = bytesReadAt.get(error) ?? socket?.bytesRead;
  return typeof bytesRead === 'number' && bytesRead > 0;
}
