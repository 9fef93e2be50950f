import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import type { Reply } from '../wire/reply.ts';

/** What a reply is played on: one HTTP/1 response or one HTTP/2 stream. */
export interface ResponseWriter {
  /** Sets status and headers; they leave with `flushHead` or the first write. */
  head(reply: Reply, headers: Readonly<Record<string, string>>): void;
  setHeaders(headers: Readonly<Record<string, string>>): void;
  flushHead(): void;
  /** Resolves when the socket has taken the bytes. Rejects when it is gone. */
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  reset(): void;
  close(): void;
  socketWrite(bytes: Uint8Array): Promise<void>;
}

type Done = (error?: Error | null) => void;

function settle(start: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}

/** Writes to an HTTP/1 response. */
export function createHttpWriter({ socket }: IncomingMessage, response: ServerResponse): ResponseWriter {
  const setHeaders = (headers: Readonly<Record<string, string>>): void => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  };
  return {
    head(reply, headers) {
      if (reply.framing === 'close') {
        response.shouldKeepAlive = false;
        response.useChunkedEncodingByDefault = false;
      }
      response.statusCode = reply.status;
      setHeaders(headers);
    },
    setHeaders,
    flushHead: () => response.flushHeaders(),
    write: (bytes) => settle((done) => response.write(bytes, done)),
    // A connection that is lost here never finishes: its close counts as the end too.
    end: () => settle((done) => response.once('close', done).end(done)),
    reset: () => void socket.resetAndDestroy(),
    close: () => void socket.destroy(),
    socketWrite: (bytes) => settle((done) => socket.write(bytes, done)),
  };
}

const forbiddenInHttp2 = new Set(['connection', 'transfer-encoding', 'keep-alive', 'upgrade']);

/** Writes to an HTTP/2 stream. What HTTP/2 has no form for resets the stream. */
export function createHttp2Writer(response: Http2ServerResponse): ResponseWriter {
  const setHeaders = (headers: Readonly<Record<string, string>>): void => {
    for (const [name, value] of Object.entries(headers)) {
      if (!forbiddenInHttp2.has(name)) response.setHeader(name, value);
    }
  };
  const reset = (): void => response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  return {
    head(reply, headers) {
      response.statusCode = reply.status;
      setHeaders(headers);
    },
    setHeaders,
    flushHead() {
      if (!response.headersSent) response.writeHead(response.statusCode);
    },
    write: (bytes) => settle((done) => response.write(bytes, done)),
    end: () => settle((done) => response.once('close', done).end(done)),
    reset,
    close() {
      response.stream.session?.destroy();
    },
    async socketWrite() {
      reset();
    },
  };
}
