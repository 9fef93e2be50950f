import { createEmulator } from '@gemini/emulator';
import { openEventStream } from '@gemini/http-streaming';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { serverExamples } from '../../scripts/readme-examples.ts';
import { root } from '../workspace-packages.ts';
import { freePort } from '../free-port.ts';
import { startNginx } from './nginx.ts';

const page = join(root, 'docs/running-several-nodes.md');
const configuration = /```nginx\n(.*?)```/s.exec(readFileSync(page, 'utf8'))?.[1] ?? '';

/** The page's two nodes behind the page's balancer. */
interface Nodes extends AsyncDisposable {
  readonly balancer: string;
  readonly nodes: readonly string[];
  /** Ends one as a crash does, or with SIGTERM as a deployment does. Resolves with its exit code when it is gone. */
  kill(node: string, signal?: 'SIGTERM'): Promise<number | null | undefined>;
}

async function startNodes(geminiUrl: string): Promise<Nodes> {
  const code = serverExamples(page)[0]?.code ?? '';
  const children = new Map<string, ChildProcess>();
  const ports: number[] = [];
  for (let count = 0; count < 2; count += 1) {
    const child = spawn(process.execPath, ['--conditions=@gemini/source', '--input-type=module-typescript', '-'], {
      cwd: join(root, 'tests'),
      env: { PATH: process.env['PATH'], PORT: '0', GEMINI_BASE_URL: geminiUrl },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.end(code);
    const [address] = (await once(child.stdout, 'data')) as [Buffer];
    const { port } = JSON.parse(address.toString()) as AddressInfo;
    children.set(`http://127.0.0.1:${port}`, child);
    ports.push(port);
  }
  const port = await freePort();
  const [one, other] = ports;
  const http = configuration.replaceAll('3001', `${one}`).replaceAll('3002', `${other}`).replaceAll('8080', `${port}`);
  const nginx = await startNginx(http, port);
  const kill: Nodes['kill'] = async (node, signal) => {
    const child = children.get(node);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode;
    const exited = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal ?? 'SIGKILL');
    const [exitCode] = await exited;
    return exitCode;
  };
  return {
    balancer: `http://127.0.0.1:${port}`,
    nodes: [...children.keys()],
    kill,
    async [Symbol.asyncDispose]() {
      await nginx[Symbol.asyncDispose]();
      await Promise.all([...children.keys()].map((node) => kill(node)));
    },
  };
}

const put = async (origin: string, id: string): Promise<number> =>
  (await fetch(`${origin}/streams/${id}`, { method: 'PUT', body: `Say ${id} and a few more words to read` })).status;
const answerTo = (id: string): string => `${id} and a few more words to read`;

interface Reading {
  text: string;
  lastEventId: string | undefined;
  ended: boolean;
}

/** Reads a stream from where a reading is, at most so many events further. */
async function readOn(origin: string, id: string, reading: Reading, most = Infinity): Promise<void> {
  const stream = await openEventStream(
    { url: `${origin}/streams/${id}`, lastEventId: reading.lastEventId },
    { retry: false },
  );
  let count = 0;
  for await (const frame of stream) {
    if (frame.event === 'end') reading.ended = true;
    else {
      const event = JSON.parse(frame.data) as { type: string; text?: string };
      if (event.type === 'text-delta') reading.text += event.text;
    }
    reading.lastEventId = frame.id;
    count += 1;
    if (count === most) return;
  }
}

const begin = (): Reading => ({ text: '', lastEventId: undefined, ended: false });
const statusOf = (origin: string, id: string): Promise<number> =>
  fetch(`${origin}/streams/${id}`, { method: 'GET' }).then(async (response) => {
    await response.body?.cancel();
    return response.status;
  });

/** The node that holds each of these streams: the only one that knows it. */
async function homesOf(nodes: readonly string[], ids: readonly string[]): Promise<Map<string, string>> {
  const homes = new Map<string, string>();
  for (const id of ids) {
    const statuses = await Promise.all(nodes.map((node) => statusOf(node, id)));
    expect(statuses.map(String).toSorted()).toEqual(['200', '404']);
    homes.set(id, nodes[statuses.indexOf(200)] ?? '');
  }
  return homes;
}

describe('two nodes behind nginx', () => {
  it('each hold the streams whose paths are theirs, and a reader that comes back gets the rest', async () => {
    await using emulator = await createEmulator({ pace: { burst: 1 } });
    await using cluster = await startNodes(emulator.url);
    const ids = Array.from({ length: 24 }, () => randomUUID());
    for (const id of ids) expect(await put(cluster.balancer, id)).toBe(202);
    // What a lost connection repeats is there already.
    for (const id of ids) expect(await put(cluster.balancer, id)).toBe(202);

    for (const id of ids) {
      const reading = begin();
      for (let connections = 0; !reading.ended && connections < 100; connections += 1) {
        await readOn(cluster.balancer, id, reading, 7);
      }
      expect(reading).toMatchObject({ text: answerTo(id), ended: true });
    }
    const homes = await homesOf(cluster.nodes, ids);
    expect(new Set(homes.values()).size).toBe(2);
    expect(emulator.requests).toHaveLength(ids.length);
  });

  it('lose the streams of a node that dies, and no others', async () => {
    await using emulator = await createEmulator();
    await using cluster = await startNodes(emulator.url);
    const ids = Array.from({ length: 24 }, () => randomUUID());
    for (const id of ids) await put(cluster.balancer, id);
    const homes = await homesOf(cluster.nodes, ids);
    const [dead = '', alive = ''] = cluster.nodes;
    await cluster.kill(dead);

    for (const id of ids) {
      expect(await statusOf(cluster.balancer, id)).toBe(homes.get(id) === alive ? 200 : 404);
    }
    // Another start, under the dead node's path or another one, runs on the node that is left.
    const lost = ids.find((id) => homes.get(id) === dead) ?? '';
    expect(await put(cluster.balancer, lost)).toBe(202);
    const reading = begin();
    await readOn(cluster.balancer, lost, reading);
    expect(reading).toMatchObject({ text: answerTo(lost), ended: true });
  });

  it('let running streams end before they shut down', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 30, burst: 2 } });
    await using cluster = await startNodes(emulator.url);
    const id = randomUUID();
    await put(cluster.balancer, id);
    const home = (await homesOf(cluster.nodes, [id])).get(id) ?? '';
    const reading = begin();
    await readOn(cluster.balancer, id, reading, 1);
    const { lastEventId } = reading;
    const rest = readOn(cluster.balancer, id, reading);
    // The connection is there before the node stops listening.
    while (reading.lastEventId === lastEventId) await nextTurn();
    const exited = cluster.kill(home, 'SIGTERM');
    await rest;
    expect(reading).toMatchObject({ text: answerTo(id), ended: true });
    expect(await exited).toBe(0);
  });

  it('stop a stream from anywhere', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 20 } });
    await using cluster = await startNodes(emulator.url);
    const id = randomUUID();
    await put(cluster.balancer, id);
    const reading = begin();
    await readOn(cluster.balancer, id, reading, 1);
    expect((await fetch(`${cluster.balancer}/streams/${id}`, { method: 'DELETE' })).status).toBe(204);
    const [request] = await emulator.whenReceived(1);
    expect((await emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
  });
});
