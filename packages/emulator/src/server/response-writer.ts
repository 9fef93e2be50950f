import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { Reply } from '../wire/reply.ts';

type Headers = Readonly<Record<string, string>>;

/** Writes one reply to an HTTP/1 response or an HTTP/2 stream. */
export interface ResponseWriter {
  /** Sets the status and headers. `flushHead` or the first write sends them. */
  head(reply: Reply, headers: Headers): void;
  setHeaders(headers: Headers): void;
  flushHead(): void;
  /** Resolves when the socket has taken the bytes. Rejects if the connection is lost. */
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  reset(): void;
  close(): void;
  socketWrite(bytes: Uint8Array): Promise<void>;
}

/** Writes to an HTTP/1 response. */
export class HttpWriter implements ResponseWriter {
  readonly #socket: Socket;
  readonly #response: ServerResponse;

  constructor({ socket }: IncomingMessage, response: ServerResponse) {
    this.#socket = socket;
    this.#response = response;
  }

  head(reply: Reply, headers: Headers): void {
    if (reply.framing === 'close') {
      this.#response.shouldKeepAlive = false;
      this.#response.useChunkedEncodingByDefault = false;
    }
    this.#response.statusCode = reply.status;
    this.setHeaders(headers);
  }

  setHeaders(headers: Headers): void {
    for (const [name, value] of Object.entries(headers)) this.#response.setHeader(name, value);
  }

  flushHead(): void {
    this.#response.flushHeaders();
  }

  write(bytes: Uint8Array): Promise<void> {
    return settled((done) => this.#response.write(bytes, done));
  }

  end(): Promise<void> {
    // `end` never calls back on a lost connection, so 'close' counts as the end.
    return settled((done) => this.#response.once('close', done).end(done));
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  socketWrite(bytes: Uint8Array): Promise<void> {
    return settled((done) => this.#socket.write(bytes, done));
  }
}

const forbiddenInHttp2 = new Set(['connection', 'transfer-encoding', 'keep-alive', 'upgrade']);

/** Writes to an HTTP/2 stream. Resets the stream for a `socket-write`, which HTTP/2 does not have. */
export class Http2Writer implements ResponseWriter {
  readonly #response: Http2ServerResponse;

  constructor(response: Http2ServerResponse) {
    this.#response = response;
  }

  head(reply: Reply, headers: Headers): void {
    this.#response.statusCode = reply.status;
    this.setHeaders(headers);
  }

  setHeaders(headers: Headers): void {
    for (const [name, value] of Object.entries(headers)) {
      if (!forbiddenInHttp2.has(name)) this.#response.setHeader(name, value);
    }
  }

  flushHead(): void {
    if (!this.#response.headersSent) this.#response.writeHead(this.#response.statusCode);
  }

  write(bytes: Uint8Array): Promise<void> {
    return settled((done) => this.#response.write(bytes, done));
  }

  end(): Promise<void> {
    return settled((done) => this.#response.once('close', done).end(done));
  }

  reset(): void {
    this.#response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  close(): void {
    this.#response.stream.session?.destroy();
  }

  async socketWrite(): Promise<void> {
    this.reset();
  }
}

function settled(start: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });
}
