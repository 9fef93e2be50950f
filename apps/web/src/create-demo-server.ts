import { type Gemini, tool } from '@gemini/client';
import { pipeSse } from '@gemini/client/sse';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isForeign, readText } from './check-request.ts';
import { loadPage } from './load-page.ts';
import { StreamWatch } from './stream-watch.ts';

/** A running server of the demo. */
export interface DemoServer extends AsyncDisposable {
  readonly url: string;
  close(): Promise<void>;
}

/** A function of the model, so that the page has a call to show. */
const clock = tool({
  name: 'current_time',
  description: 'Returns the current time.',
  idempotent: true,
  execute: () => ({ time: new Date().toISOString() }),
});

const maxPromptLength = 10_000;
/** How long an answer runs on without a reader: long enough for a page that is loaded again. */
const lingerMs = 30_000;
const served = ['thoughts', 'calls', 'results', 'usage', 'attempts'] as const;

/**
 * Serves the page and its streams on loopback: `PUT` starts an answer under an id that the page makes, `GET` follows it,
 * `DELETE` stops it, and `POST …/cut` cuts the connections of its readers. A port that is taken gets another one.
 */
export async function createDemoServer(gemini: Gemini, { port = 0 } = {}): Promise<DemoServer> {
  const page = await loadPage();
  const watches = new Map<string, StreamWatch>();
  const readers = new Map<string, Set<Socket>>();

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isForeign(request)) return void response.writeHead(403).end();
    const { method = 'GET', url = '/' } = request;
    const file = method === 'GET' ? page.get(url) : undefined;
    if (file !== undefined) return void response.writeHead(200, file.headers).end(file.body);
    const [, id = '', action] = /^\/streams\/([\da-f-]{36})(?:\/(cut|facts))?$/.exec(url) ?? [];
    if (id === '') response.writeHead(404).end();
    else if (method === 'PUT' && action === undefined) await start(id, request, response);
    else if (method === 'GET' && action === undefined) await follow(id, request, response);
    else if (method === 'DELETE' && action === undefined) response.writeHead(gemini.stopStream(id) ? 204 : 404).end();
    else if (method === 'POST' && action === 'cut') cut(id, response);
    else if (method === 'GET' && action === 'facts') facts(id, response);
    else response.writeHead(405).end();
  }

  async function start(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const prompt = await readText(request, maxPromptLength);
    if (prompt === undefined || prompt.trim() === '')
      return void response.writeHead(prompt === undefined ? 413 : 400).end();
    const generationConfig = { thinkingConfig: { includeThoughts: true } };
    gemini.startStream(prompt, { id, onDuplicate: 'join', lingerMs, tools: [clock], generationConfig });
    if (!watches.has(id)) {
      const watch = new StreamWatch(gemini, id);
      watches.set(id, watch);
      // As long as the stream can be found.
      void watch.ended.then(() => setTimeout(() => watches.delete(id), 60_000).unref());
    }
    response.writeHead(202).end();
  }

  async function follow(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sockets = readers.get(id) ?? new Set();
    readers.set(id, sockets.add(request.socket));
    try {
      await pipeSse(gemini, id, { request, response, include: served, retryMs: 250 });
    } finally {
      sockets.delete(request.socket);
      if (sockets.size === 0) readers.delete(id);
    }
  }

  function cut(id: string, response: ServerResponse): void {
    for (const socket of readers.get(id) ?? []) socket.destroy();
    response.writeHead(204).end();
  }

  function facts(id: string, response: ServerResponse): void {
    const watch = watches.get(id);
    if (watch === undefined) return void response.writeHead(404).end();
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
    response.writeHead(200, headers).end(JSON.stringify(watch.facts()));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await listen(server, port);
  const close = async (): Promise<void> => {
    server.close();
    await gemini.streams.close();
    server.closeAllConnections();
  };
  const { port: ownPort } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${ownPort}/`, close, [Symbol.asyncDispose]: close };
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EADDRINUSE' || port === 0) throw error;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
}
