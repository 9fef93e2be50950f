import { followStream } from '@gemini/browser';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// The first answer is cut: the second one continues it.
let count = 0;
const server = createServer((_request, response) => {
  count += 1;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const frame = (id: number, text: string): string =>
    `id: a-${id}\ndata: ${JSON.stringify({ type: 'text-delta', text, candidate: 0 })}\n\n`;
  response.end(
    count === 1 ? frame(1, 'it ') : `${frame(2, 'works')}id: a-3\nevent: end\ndata: {"status":"completed"}\n\n`,
  );
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
console.log(await followStream(`http://127.0.0.1:${port}/`, { reconnect: { baseDelayMs: 1 } }).text());
server.close();
