import { createServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A running proxy. */
export interface CollectingProxy extends AsyncDisposable {
  /** Its origin: the target's paths are found under it. */
  readonly url: string;
}

/**
 * Starts, on loopback, the path that breaks streaming: it collects each answer of the target and passes it on whole,
 * with its length. An answer that cannot be had is a 502.
 */
export async function createCollectingProxy(target: string): Promise<CollectingProxy> {
  const { hostname, port } = new URL(target);
  const server = createServer((request, response) => {
    const { method, url: path, headers } = request;
    const upstream = sendRequest({ hostname, port, method, path, headers: { ...headers, connection: 'close' } });
    upstream.on('response', (answer) => {
      buffer(answer).then(
        (body) => {
          const type = answer.headers['content-type'] ?? 'application/octet-stream';
          response.writeHead(answer.statusCode ?? 502, { 'content-type': type, 'content-length': body.byteLength });
          response.end(body);
        },
        () => response.destroy(),
      );
    });
    upstream.on('error', () => response.writeHead(502).end());
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
