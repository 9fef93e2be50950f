import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A response body that ends too early. */
export interface CutBody {
  readonly bytes: Buffer;
  readonly contentType: string;
  readonly contentEncoding?: string | undefined;
  readonly ending: Ending;
}

/**
 * The ways in which a body ends too early. `terminator`, `short-length` and `close` are legal ends of HTTP, the others
 * break the connection.
 */
export const endings = ['terminator', 'short-length', 'close', 'fin', 'long-length', 'reset', 'silence'] as const;
export type Ending = (typeof endings)[number];

/** Whether a client sees no error of HTTP. */
export function isCleanEnd(ending: Ending): boolean {
  return ending === 'terminator' || ending === 'short-length' || ending === 'close';
}

/** A server that answers a request to `models/cut-N` with the body that was added as number N. */
export class CutServer implements AsyncDisposable {
  readonly #server = createServer((request, response) => {
    request.resume();
    const id = Number(/cut-(\d+)/.exec(request.url ?? '')?.[1]);
    const body = this.#bodies.get(id);
    this.#bodies.delete(id);
    if (body === undefined) return void response.writeHead(404).end();
    request.on('end', () => answer(response, body));
  });
  readonly #bodies = new Map<number, CutBody>();
  #count = 0;

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Adds a body, and returns the name of its model. */
  add(body: CutBody): string {
    this.#count += 1;
    this.#bodies.set(this.#count, body);
    return `cut-${this.#count}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

function answer(response: ServerResponse, { bytes, contentType, contentEncoding, ending }: CutBody): void {
  const { socket } = response;
  response.setHeader('content-type', contentType);
  if (contentEncoding !== undefined) response.setHeader('content-encoding', contentEncoding);
  if (ending === 'short-length') response.setHeader('content-length', bytes.length);
  if (ending === 'long-length') response.setHeader('content-length', bytes.length + 1);
  if (ending === 'close') {
    response.shouldKeepAlive = false;
    response.useChunkedEncodingByDefault = false;
  }
  response.flushHeaders();
  if (isCleanEnd(ending)) return void response.end(bytes);
  response.write(bytes, () => {
    if (ending === 'reset') socket?.resetAndDestroy();
    else if (ending !== 'silence') socket?.end();
  });
}
