import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { root } from './workspace-packages.ts';

const built = join(root, 'packages/client/dist/index.js');

/** Modules that a stream of text does not need; each takes a millisecond or more to load. */
const unneeded = ['internal/webstreams/transformstream', 'internal/webstreams/readablestream', 'stream/web', 'zlib'];

/** Runs a program, and returns the modules of Node that it has loaded when its answer has come. */
async function modulesLoadedBy(program: string): Promise<readonly string[]> {
  const print = 'process.stdout.write(JSON.stringify(process.moduleLoadList)); process.exit();';
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program + print]);
  return (JSON.parse(stdout) as string[]).map((name) => name.replace('NativeModule ', ''));
}

describe('a program that reads one stream with the built client', () => {
  it('loads no module of Node that only other streams need', async () => {
    if (!existsSync(built)) throw new Error(`${built} is missing: run \`pnpm build\` first`);
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.end('data: {"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}]}\n\n');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const read = `const { createGemini } = await import(${JSON.stringify(built)});
        const gemini = createGemini({ baseUrl: 'http://127.0.0.1:${port}', apiKey: 'none' });
        if ((await gemini.stream('hi').text()) !== 'hi') throw new Error('expected the text');`;
      const loaded = await modulesLoadedBy(read);
      expect(loaded).toContain('net');
      expect(unneeded.filter((name) => loaded.includes(name))).toEqual([]);
    } finally {
      server.close();
    }
  });

  it('would be noticed if it did', async () => {
    expect(await modulesLoadedBy('new TransformStream(); await import("node:zlib");')).toEqual(
      expect.arrayContaining(unneeded.filter((name) => name !== 'stream/web')),
    );
  });
});
