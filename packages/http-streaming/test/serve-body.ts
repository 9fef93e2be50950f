import { createServer, type Socket } from 'node:net';

/**
 * How a body ends. `chunked`: with the last chunk. `length`: its `content-length` is as long as what was sent. `close`:
 * with its connection. `short`: the connection closes before the promised length. `reset`: by a TCP reset. `silence`:
 * it does not, nothing more comes.
 */
export type BodyEnding = 'chunked' | 'length' | 'close' | 'short' | 'reset' | 'silence';

/** A server on loopback that answers each request with one body. */
export interface BodyServer extends AsyncDisposable {
  readonly url: string;
  /** Ends the body, once the client has read what was sent. */
  end(): void;
}

/** Sends `body` as it is; the end is sent only when `end` is called, apart from a length. */
export async function serveBody(
  body: Uint8Array,
  ending: BodyEnding,
  headers: Readonly<Record<string, string>> = {},
): Promise<BodyServer> {
  let socket: Socket | undefined;
  const framing: Readonly<Record<BodyEnding, Record<string, string>>> = {
    chunked: { 'transfer-encoding': 'chunked' },
    length: { 'content-length': `${body.length}` },
    close: { connection: 'close' },
    short: { 'content-length': `${body.length + 1_000}` },
    reset: { 'transfer-encoding': 'chunked' },
    silence: { 'transfer-encoding': 'chunked' },
  };
  const all = { 'content-type': 'text/event-stream', ...framing[ending], ...headers };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const isChunked = 'transfer-encoding' in framing[ending];
  const server = createServer((connection) => {
    socket = connection;
    connection.on('error', () => {});
    connection.once('data', () => {
      connection.write(`HTTP/1.1 200 OK\r\n${head.join('')}\r\n`);
      if (isChunked && body.length > 0) connection.write(`${body.length.toString(16)}\r\n`);
      connection.write(body);
      if (isChunked && body.length > 0) connection.write('\r\n');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`,
    end() {
      if (ending === 'chunked') socket?.write('0\r\n\r\n');
      else if (ending === 'close' || ending === 'short') socket?.end();
      else if (ending === 'reset') socket?.resetAndDestroy();
    },
    async [Symbol.asyncDispose]() {
      socket?.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
