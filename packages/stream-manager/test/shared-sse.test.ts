import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseSse, type SseEvent } from '@gemini/sse-parser';
import { expect, it } from 'vitest';
import type { StreamManager } from '../src/index.ts';
import { pipeSse } from '../src/sse.ts';
import { manualSource } from './manual-source.ts';
import { at, createNodes } from './nodes.ts';

/** Serves a node over a socket, and records how each `pipeSse` ended. */
async function serve(node: StreamManager<number, string>) {
  const ends: unknown[] = [];
  const server = createServer((request, response) => {
    const piped = node.attach(request.url?.slice(1) ?? '').then((stream) => pipeSse(stream, { request, response }));
    piped.then(
      () => ends.push('closed'),
      (error: unknown) => ends.push(error),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url, ends, [Symbol.asyncDispose]: stop };
}

/** Reads as a browser does: it reconnects with its last id, and ends at the frame named end. */
async function readAsBrowser(urls: readonly string[], onEvent: (event: SseEvent) => void): Promise<string[]> {
  const read: string[] = [];
  let lastEventId = '';
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const headers: Record<string, string> = lastEventId === '' ? {} : { 'last-event-id': lastEventId };
    try {
      const response = await fetch(at(urls, attempt % urls.length), { headers });
      if (response.body === null) return read;
      for await (const event of parseSse(response.body)) {
        lastEventId = event.id ?? lastEventId;
        if (event.event === 'end') return read;
        read.push(event.data);
        onEvent(event);
      }
    } catch {
      // The connection was cut: it reconnects, to another node.
    }
  }
  throw new Error('the stream did not end');
}

it('a browser whose node closes continues on another node, and gets every event once', async () => {
  const { nodes } = createNodes(3);
  const owner = manualSource<number, string>();
  at(nodes, 0).start(owner, { id: 'tides' });
  await at(nodes, 0).attach('tides');
  await using first = await serve(at(nodes, 1));
  await using second = await serve(at(nodes, 2));
  for (const event of [0, 1]) owner.sink.push(event);
  const read = await readAsBrowser([`${first.url}/tides`, `${second.url}/tides`], ({ data }) => {
    if (data === '1') {
      void at(nodes, 1).close();
      for (const event of [2, 3]) owner.sink.push(event);
    } else if (data === '3') owner.sink.end('done');
  });
  expect(read).toEqual(['0', '1', '2', '3']);
  // Cutting a reader off is no failure of the handler.
  expect(first.ends).toEqual(['closed']);
});
