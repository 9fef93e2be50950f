import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { GoogleError, googleErrorBody } from '../wire/google-error.ts';
import type { ListenerContext } from './emulator-context.ts';
import { handleRequest } from './handle-request.ts';
import { listen, stop } from './listen.ts';

/** Something that is reached at an address. */
export interface Listener {
  /** `scheme://host:port` */
  readonly url: string;
  close(): Promise<void>;
}

/** Longer than a test or a person pauses: a connection that is used again must not be closed under it. */
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

/** Answers what is no HTTP request. */
function refuse(socket: Duplex, isTooLong: boolean): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const message = isTooLong ? 'The request headers are too large.' : 'The request is malformed.';
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
