import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { moduleExamples, serverExamples } from '../../scripts/readme-examples.ts';
import { root } from '../workspace-packages.ts';
import type { RuntimeCommand } from './runtimes/runtime-command.ts';

const page = join(root, 'docs/frameworks.md');

/** The servers of the page, and the route of Next.js behind a plain server. */
export const frameworks = ['node', 'express', 'fastify', 'hono', 'next'] as const;

/** The programs of the page as files, in a folder from which their packages resolve. */
export interface PageFolder extends Disposable {
  readonly path: string;
}

export function writePage(): PageFolder {
  const path = mkdtempSync(join(root, 'tests/.frameworks-'));
  mkdirSync(join(path, 'again'));
  for (const { name = '', code } of moduleExamples(page)) {
    writeFileSync(join(path, name), code);
    // A development server loads a module again under another address.
    writeFileSync(join(path, 'again', name), code);
  }
  for (const { name, code } of serverExamples(page)) {
    writeFileSync(join(path, `${name}.ts`), code);
    // The same, for a test that waits for comments.
    writeFileSync(join(path, `eager-${name}.ts`), code.replace('keepAliveMs: 10_000', 'keepAliveMs: 20'));
  }
  writeFileSync(join(path, 'next.ts'), nextServer);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** Routes as Next.js does. The answers are started by one copy of the module, and read and stopped by another. */
const nextServer = `
import { serve } from '@hono/node-server';
import * as before from './route.ts';
import * as after from './again/route.ts';

function fetch(request: Request): Promise<Response> | Response {
  const id = /^\\/answers\\/([^/]+)$/.exec(new URL(request.url).pathname)?.[1];
  if (id === undefined) return new Response(null, { status: 404 });
  const context = { params: Promise.resolve({ id }) };
  if (request.method === 'PUT') return before.PUT(request, context);
  if (request.method === 'DELETE') return after.DELETE(request, context);
  return after.GET(request, context);
}
serve({ fetch, port: 0, hostname: '127.0.0.1' }, (address) => console.log(JSON.stringify(address)));
`;

/** A program of the page that runs. */
export interface FrameworkServer extends AsyncDisposable {
  readonly origin: string;
  kill(): Promise<void>;
}

/** Node, with the sources of the packages. */
export const nodeCommand: RuntimeCommand = [process.execPath, '--conditions=@gemini/source'];

export async function startServer(
  folder: PageFolder,
  name: string,
  geminiUrl: string,
  [program, ...args]: RuntimeCommand = nodeCommand,
): Promise<FrameworkServer> {
  const { PATH, HOME } = process.env;
  const child = spawn(program, [...args, join(folder.path, `${name}.ts`)], {
    env: { PATH, HOME, NODE_ENV: 'test', PORT: '0', GEMINI_BASE_URL: geminiUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [printed] = (await Promise.race([
    once(child.stdout, 'data'),
    exited.then(() => {
      throw new Error(`the server ${name} ended before it listened`);
    }),
  ])) as [Buffer];
  const { port } = JSON.parse(printed.toString()) as AddressInfo;
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { origin: `http://127.0.0.1:${port}`, kill, [Symbol.asyncDispose]: kill };
}
