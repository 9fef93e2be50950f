import type { IncomingMessage, ServerResponse } from 'node:http';
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

/** Writes to an HTTP/1 response. */
export function createHttpWriter(request: IncomingMessage, response: ServerResponse): ResponseWriter {
  const { socket } = request;
  const settle = (start: (done: (error?: Error | null) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => {
      start((error) => (error ? reject(error) : resolve()));
    });
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
