import { createServer, type Server } from 'node:http';
import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { GoogleError, googleErrorBody } from '../wire/google-error.ts';
import { type Certificate, createCertificate } from './certificate.ts';
import type { ListenerContext } from './emulator-context.ts';
import { handleRequest } from './handle-request.ts';

/** A server, or a port without one, at an address. */
export interface Listener {
  /** `scheme://host:port` */
  readonly url: string;
  close(): Promise<void>;
}

/** Longer than the pauses of tests and users, so that no idle connection closes just as a client reuses it. */
const keepAliveTimeout = 120_000;

/** Serves the API over plain HTTP/1. */
export async function createHttpListener(port: number, host: string, context: ListenerContext): Promise<Listener> {
  const server = createServer({ noDelay: true, keepAliveTimeout }, (request, response) => {
    void handleRequest(request, response, context);
  });
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    void handleRequest(request, response, context);
  });
  server.on('checkExpectation', (request, response) => void handleRequest(request, response, context));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuse(socket, error.code === 'HPE_HEADER_OVERFLOW'),
  );
  server.on('connect', (_request, socket) => refuse(socket, false));
  const at = await listen(server, port, host);
  return { url: `http://${nameOf(host)}:${at}`, close: () => stop(server) };
}

/** Answers a malformed request and closes the connection. */
function refuse(socket: Duplex, isTooLong: boolean): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const message = isTooLong ? 'The request headers are too large.' : 'The request is not valid HTTP.';
  const body = `${JSON.stringify(googleErrorBody(new GoogleError('INVALID_ARGUMENT', message)), undefined, 2)}\n`;
  const head = [
    isTooLong ? 'HTTP/1.1 431 Request Header Fields Too Large' : 'HTTP/1.1 400 Bad Request',
    'content-type: application/json; charset=UTF-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.on('error', () => {});
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function nameOf(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** Serves the API over TLS and HTTP/1. */
export async function createHttpsListener(certificate: Certificate, context: ListenerContext): Promise<Listener> {
  const server = createTlsServer({ ...certificate, noDelay: true }, (request, response) => {
    void handleRequest(request, response, context);
  });
  // A client that rejects the certificate leaves during the handshake, as the scenario intends.
  server.on('tlsClientError', () => {});
  const port = await listen(server, 0, '127.0.0.1');
  return { url: `https://127.0.0.1:${port}`, close: () => stop(server) };
}

/** Serves the API over TLS and HTTP/2, with HTTP/1 for clients that support only that. */
export async function createHttp2Listener(certificate: Certificate, context: ListenerContext): Promise<Listener> {
  const server = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
    void handleRequest(request, response, context);
  });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
    session.once('close', () => sessions.delete(session));
  });
  server.on('tlsClientError', () => {});
  const port = await listen(server, 0, '127.0.0.1');
  return {
    url: `https://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
      }),
  };
}

/** Creates the certificates of the scenarios. */
export const certificates = {
  good: (): Certificate => createCertificate({ names: ['localhost'], addresses: ['127.0.0.1'], validDays: [-1, 30] }),
  expired: (): Certificate =>
    createCertificate({ names: ['localhost'], addresses: ['127.0.0.1'], validDays: [-30, -1] }),
  wrongName: (): Certificate => createCertificate({ names: ['elsewhere.example'], addresses: [], validDays: [-1, 30] }),
} as const;

/** Starts a server. Resolves with the port, or rejects with Node's own error. */
export function listen(server: NetServer, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Stops an HTTP server and closes its connections. */
export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
