import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';

const mebibyte = 1024 * 1024;
const maxEventBytes = 4 * mebibyte;
const gigabyte = 1024 * mebibyte;
const eventText = `data: ${'x'.repeat(1_000)}\n\n`;

/** As many events as make a gigabyte, as fast as they are read. */
const serveGigabyte = async () => {
  const block = Buffer.from(eventText.repeat(64));
  let written = 0;
  const pour = (response: ServerResponse): void => {
    while (written < gigabyte) {
      written += block.length;
      if (response.write(block)) continue;
      response.once('drain', () => pour(response));
      return;
    }
    response.end();
  };
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    pour(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, written: () => written, server };
};

const consumeSlowly = (url: string): string => `
  import { openEventStream } from '@gemini/http-streaming';
  const held = () => {
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  let most = 0;
  let count = 0;
  for await (const event of await openEventStream({ url: '${url}' }, { maxEventBytes: ${maxEventBytes} })) {
    count += 1;
    if (count % 100_000 === 0) most = Math.max(most, held());
    if (count === 300_000) await new Promise((resolve) => setTimeout(resolve, 5_000));
    if (count === 300_000) most = Math.max(most, held());
  }
  console.log(JSON.stringify({ count, heldBytes: most - before }));
`;

it('holds next to nothing of a gigabyte whose reader stops for five seconds', async () => {
  const { url, written, server } = await serveGigabyte();
  const nodeArguments = [
    '--conditions=@gemini/source',
    '--expose-gc',
    '--input-type=module',
    '--eval',
    consumeSlowly(url),
  ];
  const cwd = new URL('..', import.meta.url);
  const stdout = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, nodeArguments, { cwd }, (error, output) =>
      error === null ? resolve(output) : reject(error),
    );
  });
  server.close();
  const { count, heldBytes } = JSON.parse(stdout) as { readonly count: number; readonly heldBytes: number };
  expect(count).toBe(written() / eventText.length);
  // Four of the largest events, and 16 MiB for all else.
  expect(heldBytes).toBeLessThan(4 * maxEventBytes + 16 * mebibyte);
});
