import { createServer, request as sendRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * Starts a proxy on loopback that breaks streaming: it collects each answer of the target and sends it as a whole, with
 * its length. Without an answer it sends a 502. Its `url` is an origin with the paths of the target.
 */
export async function startCollectingProxy(target: string) {
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
