import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import { createServer } from 'node:https';
import { createCertificate, type Certificate } from './certificate.ts';
import type { ListenerContext } from './emulator-context.ts';
import { handleRequest } from './handle-request.ts';
import type { Listener } from './http-listener.ts';
import { listen, stop } from './listen.ts';

/** Serves the API over TLS with this certificate, HTTP/1 only. */
export async function createHttpsListener(certificate: Certificate, context: ListenerContext): Promise<Listener> {
  const server = createServer({ ...certificate, noDelay: true }, (request, response) => {
    void handleRequest(request, response, context);
  });
  // A client that does not like the certificate leaves during the handshake: that is the point.
  server.on('tlsClientError', () => {});
  const port = await listen(server, 0, '127.0.0.1');
  return { url: `https://127.0.0.1:${port}`, close: () => stop(server) };
}

/** Serves the API over TLS and HTTP/2; a client that knows only HTTP/1 is served too. */
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

/** The certificates of the scenarios, each made when it is first wanted. */
export const certificates = {
  good: (): Certificate => createCertificate({ names: ['localhost'], addresses: ['127.0.0.1'], validDays: [-1, 30] }),
  expired: (): Certificate =>
    createCertificate({ names: ['localhost'], addresses: ['127.0.0.1'], validDays: [-30, -1] }),
  wrongName: (): Certificate => createCertificate({ names: ['elsewhere.example'], addresses: [], validDays: [-1, 30] }),
} as const;
