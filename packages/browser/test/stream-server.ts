import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on a free port that keeps the requests that it got. */
export interface StreamServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly { readonly method: string | undefined; readonly headers: IncomingMessage['headers'] }[];
}

/** Serves with a handler, which gets the number of the request, from 1. */
export async function serve(
  handle: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<StreamServer> {
  const requests: { method: string | undefined; headers: IncomingMessage['headers'] }[] = [];
  const server = createServer((request, response) => {
    requests.push({ method: request.method, headers: request.headers });
    handle(request, response, requests.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/stream`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A frame of text with an id. */
export const textFrame = (id: number, text: string): string =>
  `id: a-${id}\ndata: ${JSON.stringify({ type: 'text-delta', text, candidate: 0 })}\n\n`;

export const discardFrame = (id: number): string => `id: a-${id}\ndata: {"type":"discard"}\n\n`;

export const endFrame = (id: number, end: object = { status: 'completed', finishReason: 'STOP' }): string =>
  `id: a-${id}\nevent: end\ndata: ${JSON.stringify(end)}\n\n`;

/** Answers with frames, and ends the body. */
export function sendFrames(response: ServerResponse, ...frames: readonly string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end(frames.join(''));
}

/** Returns all items of an iterable. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
