import { createEmulator, type EmulatorOptions } from '@gemini/emulator';
import { openEventStream } from '@gemini/http-streaming';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readmeExamples, runExample, serverExamples } from '../../scripts/readme-examples.ts';
import { root } from '../workspace-packages.ts';
import { leaseMs } from './redis/redis-nodes.ts';
import { startRedis } from './redis/redis-server.ts';

const page = join(root, 'docs/running-several-nodes.md');

/** A process that runs the page's server. */
interface ServerProcess extends AsyncDisposable {
  readonly origin: string;
  signal(signal: NodeJS.Signals): void;
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
}

async function startServer(redisPort: number, geminiUrl: string): Promise<ServerProcess> {
  const example = serverExamples(page)[1]?.code ?? '';
  const code = example.replace('redisStreamLog({ client })', `redisStreamLog({ client, leaseMs: ${leaseMs} })`);
  expect(code).not.toBe(example);
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@gemini/source', '--input-type=module-typescript', '-'],
    {
      cwd: join(root, 'tests'),
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        GEMINI_BASE_URL: geminiUrl,
        REDIS_URL: `redis://127.0.0.1:${redisPort}`,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  child.stdin?.end(code);
  const exited = once(child, 'exit').then(([exitCode]) => exitCode as number | null);
  const [address] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  const { port } = JSON.parse(address.toString()) as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    signal: (signal) => void child.kill(signal),
    exited,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

const numerals = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const words = `Say ${numerals.flatMap((tens) => numerals.map((ones) => `${tens} ${ones}`)).join(' ')}`;
const answer = words.slice('Say '.length);

const put = async (origin: string, id: string): Promise<number> =>
  (await fetch(`${origin}/streams/${id}`, { method: 'PUT', body: words })).status;

/** The state of an `EventSource`, over all its connections. */
interface Reading {
  text: string;
  lastEventId: string | undefined;
  /** The data of the served end. */
  end: { readonly status: string; readonly error?: { readonly code: string } } | undefined;
}

const begin = (): Reading => ({ text: '', lastEventId: undefined, end: undefined });

/** Reads on from where a reading is, at most so many events further; the connection may be lost. */
async function readOn(origin: string, id: string, reading: Reading, most = Infinity): Promise<void> {
  const { lastEventId } = reading;
  const stream = await openEventStream({ url: `${origin}/streams/${id}`, lastEventId }, { retry: false });
  let count = 0;
  for await (const frame of stream) {
    if (frame.event === 'end') reading.end = JSON.parse(frame.data) as Reading['end'];
    else {
      const event = JSON.parse(frame.data) as { type: string; text?: string };
      if (event.type === 'text-delta') reading.text += event.text;
    }
    reading.lastEventId = frame.id;
    count += 1;
    if (count === most) return;
  }
}

/** Three of the page's servers over one Redis, and a slow model. */
async function startCluster(tokensPerSecond: number, more: EmulatorOptions = {}) {
  const stack = new AsyncDisposableStack();
  const emulator = stack.use(await createEmulator({ pace: { tokensPerSecond, burst: 1 }, ...more }));
  const redis = stack.use(await startRedis());
  const servers = await Promise.all([0, 1, 2].map(() => startServer(redis.port, emulator.url)));
  for (const server of servers) stack.use(server);
  const [one, two, three] = servers as [ServerProcess, ServerProcess, ServerProcess];
  return { emulator, redis, one, two, three, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('three processes of the documentation over one Redis', () => {
  it('serve one answer: a PUT is repeated on each, and a reader changes processes after every third event', async () => {
    await using cluster = await startCluster(300);
    const origins = [cluster.one, cluster.two, cluster.three].map(({ origin }) => origin);
    const id = randomUUID();
    const statuses = await Promise.all(origins.map((origin) => put(origin, id)));
    expect(statuses).toEqual([202, 202, 202]);
    const reading = begin();
    for (let turn = 0; reading.end === undefined && turn < 100; turn += 1) {
      await readOn(origins[turn % 3] ?? '', id, reading, 3);
    }
    expect(reading.end).toMatchObject({ status: 'completed' });
    expect(reading.text).toBe(answer);
    expect(cluster.emulator.requests).toHaveLength(1);
    expect((await fetch(`${cluster.two.origin}/streams/${randomUUID()}`)).status).toBe(404);
  });

  it('stop a stream from any of them, and close the connection to the model', async () => {
    await using cluster = await startCluster(10);
    const id = randomUUID();
    await put(cluster.one.origin, id);
    const reading = begin();
    await readOn(cluster.two.origin, id, reading, 1);
    const rest = readOn(cluster.two.origin, id, reading);
    expect((await fetch(`${cluster.three.origin}/streams/${id}`, { method: 'DELETE' })).status).toBe(204);
    await rest;
    expect(reading.end).toMatchObject({ status: 'stopped' });
    const [request] = await cluster.emulator.whenReceived(1);
    expect((await cluster.emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
  });

  it.for(['SIGKILL', 'SIGSTOP'] as const)(
    'end a stream whose process gets %s as producer-lost, for all alike',
    async (signal) => {
      await using cluster = await startCluster(10);
      const id = randomUUID();
      await put(cluster.one.origin, id);
      const [far, own] = [begin(), begin()];
      await readOn(cluster.one.origin, id, own, 3);
      const lost = readOn(cluster.one.origin, id, own).catch(() => undefined);
      await readOn(cluster.two.origin, id, far, 3);
      const rest = readOn(cluster.two.origin, id, far);
      cluster.one.signal(signal);
      await rest;
      expect(far.end).toMatchObject({ status: 'failed', error: { code: 'producer-lost' } });
      expect(answer.startsWith(far.text)).toBe(true);
      expect(far.text).not.toBe('');
      // One that comes later, and one from the lost process, which may hold more than Redis has.
      const late = begin();
      await readOn(cluster.three.origin, id, late);
      expect(late).toMatchObject({ text: far.text, end: far.end });
      if (signal === 'SIGSTOP') {
        // It learns that it is no longer the one, and aborts its request.
        cluster.one.signal('SIGCONT');
        await lost;
        expect(own.end).toMatchObject({ status: 'failed', error: { code: 'producer-lost' } });
        const [request] = await cluster.emulator.whenReceived(1);
        expect((await cluster.emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
      } else {
        await lost;
        await readOn(cluster.three.origin, id, own);
        expect(own.end).toEqual(far.end);
        expect(answer.startsWith(own.text)).toBe(true);
      }
    },
  );

  it('continue a stream whose process is killed, if its PUT is repeated: readers everywhere get the whole answer once', async () => {
    const scenario = {
      name: 'tokens',
      description: 'Each chunk has a token.',
      steps: [{ faults: [{ type: 'checkpoints', everyPieces: 1 }] }],
    } as const;
    await using cluster = await startCluster(60, { scenario });
    const id = randomUUID();
    await put(cluster.one.origin, id);
    const [far, own] = [begin(), begin()];
    await readOn(cluster.one.origin, id, own, 20);
    const lost = readOn(cluster.one.origin, id, own).catch(() => undefined);
    await readOn(cluster.two.origin, id, far, 20);
    const rest = readOn(cluster.two.origin, id, far);
    cluster.one.signal('SIGKILL');
    await lost;
    expect(await put(cluster.three.origin, id)).toBe(202);
    // The reader of the lost process comes to the one that takes the stream over.
    await Promise.all([rest, readOn(cluster.three.origin, id, own)]);
    const whole = { text: answer, end: { status: 'completed' } };
    expect(far).toMatchObject(whole);
    expect(own).toMatchObject(whole);
    const [, second] = cluster.emulator.requests;
    expect(second?.body).toHaveProperty('continuationToken');
  });

  it('drain: a process that is asked to end lets its streams end, and their readers elsewhere get everything', async () => {
    await using cluster = await startCluster(100);
    const id = randomUUID();
    await put(cluster.one.origin, id);
    const reading = begin();
    await readOn(cluster.two.origin, id, reading, 1);
    const rest = readOn(cluster.two.origin, id, reading);
    cluster.one.signal('SIGTERM');
    await rest;
    expect(reading).toMatchObject({ text: answer, end: { status: 'completed' } });
    expect(await cluster.one.exited).toBe(0);
  });
});

describe('the example of the package', () => {
  it('runs', async () => {
    await using redis = await startRedis();
    await using emulator = await createEmulator();
    const folder = join(root, 'packages/stream-log-redis');
    const [example] = readmeExamples(join(folder, 'README.md'));
    const env = { GEMINI_BASE_URL: emulator.url, REDIS_URL: `redis://127.0.0.1:${redis.port}` };
    const run = await runExample(example?.code ?? '', folder, env);
    expect(run).toMatchObject({ stderr: '', exitCode: 0 });
    expect(run.stdout).toMatch(/hello/i);
  });
});
