import { isIP, type Socket } from 'node:net';

/**
 * How the connection of an attempt came about. A step has no time where it was not taken: a literal address is not
 * looked up, and plain HTTP has no TLS.
 */
export interface ConnectionTimes {
  /** It was there before, as a kept-alive one; no step was taken then. */
  readonly reused: boolean;
  /** Looking up the name, in milliseconds. */
  readonly dnsMs: number | undefined;
  readonly tcpMs: number | undefined;
  readonly tlsMs: number | undefined;
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
