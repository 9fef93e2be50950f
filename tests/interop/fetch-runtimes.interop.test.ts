import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { installLimitMs, runtimeCommand, runtimeNames } from './runtimes/runtime-command.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('fetch-runtimes/read-answers.mjs', import.meta.url));
const folder = fileURLToPath(new URL('.', import.meta.url));

const frame = (text: string, finishReason?: string): string =>
  `data: ${JSON.stringify({ candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason, index: 0 }] })}\n\n`;

/** Sends the rest of an answer only when the reader says that the beginning has come. */
async function serveAnswers(): Promise<{ url: string; leftAt: Promise<void>; close(): void }> {
  const open = new Map<string, ServerResponse>();
  const left = Promise.withResolvers<void>();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    const [, first = '', second = ''] = request.url?.split('/') ?? [];
    if (first !== 'came') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame('a'));
      open.set(first, response);
      if (first === 'left') response.once('close', left.resolve);
      return;
    }
    if (second === 'whole') open.get(second)?.end(frame('b', 'STOP'));
    if (second === 'cut') open.get(second)?.end(frame('b'));
    response.end();
  };
  const server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    leftAt: left.promise,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

it.for(runtimeNames)(
  '@gemini/fetch streams, reports a cut and closes on cancel on %s',
  { timeout: installLimitMs },
  async (name) => {
    const [command, ...args] = await runtimeCommand(name);
    const server = await serveAnswers();
    try {
      const { stdout } = await run(command, [...args, program, server.url], { cwd: folder });
      const { whole, cut, left } = JSON.parse(stdout) as Record<string, object>;
      expect(whole).toEqual({ status: 200, text: frame('a') + frame('b', 'STOP') });
      expect(cut).toEqual({ status: 200, text: frame('a') + frame('b'), code: 'truncated', end: 'truncated' });
      expect(left).toEqual({ status: 200, text: frame('a'), end: 'left' });
      await server.leftAt;
    } finally {
      server.close();
    }
  },
);
