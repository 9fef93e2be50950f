import { createEmulator, type EmulatorOptions } from '@gemini/emulator';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readmeExamples, runExample } from '../../scripts/readme-examples.ts';
import { root } from '../workspace-packages.ts';
import {
  beginReading,
  longAnswer,
  longPrompt,
  type PageServer,
  readOn,
  startPageServer,
  withTokens,
} from './redis/page-server.ts';
import { startRedis } from './redis/redis-server.ts';

const page = 'docs/running-several-nodes.md';

const put = async (origin: string, id: string): Promise<number> =>
  (await fetch(`${origin}/streams/${id}`, { method: 'PUT', body: longPrompt })).status;

/** Three of the page's servers over one Redis, and a slow model. */
async function startCluster(tokensPerSecond: number, more: EmulatorOptions = {}) {
  const stack = new AsyncDisposableStack();
  const emulator = stack.use(await createEmulator({ pace: { tokensPerSecond, burst: 1 }, ...more }));
  const redis = stack.use(await startRedis());
  const world = { redisPort: redis.port, geminiUrl: emulator.url };
  const servers = await Promise.all([0, 1, 2].map(() => startPageServer(page, 1, world)));
  for (const server of servers) stack.use(server);
  const [one, two, three] = servers as [PageServer, PageServer, PageServer];
  return { emulator, redis, one, two, three, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('three processes of the documentation over one Redis', () => {
  it('serve one answer: a PUT is repeated on each, and a reader changes processes after every third event', async () => {
    await using cluster = await startCluster(300);
    const origins = [cluster.one, cluster.two, cluster.three].map(({ origin }) => origin);
    const id = randomUUID();
    const statuses = await Promise.all(origins.map((origin) => put(origin, id)));
    expect(statuses).toEqual([202, 202, 202]);
    const reading = beginReading();
    for (let turn = 0; reading.end === undefined && turn < 100; turn += 1) {
      await readOn(origins[turn % 3] ?? '', id, reading, 3);
    }
    expect(reading.end).toMatchObject({ status: 'completed' });
    expect(reading.text).toBe(longAnswer);
    expect(cluster.emulator.requests).toHaveLength(1);
    expect((await fetch(`${cluster.two.origin}/streams/${randomUUID()}`)).status).toBe(404);
  });

  it('stop a stream from any of them, and close the connection to the model', async () => {
    await using cluster = await startCluster(10);
    const id = randomUUID();
    await put(cluster.one.origin, id);
    const reading = beginReading();
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
      const [far, own] = [beginReading(), beginReading()];
      await readOn(cluster.one.origin, id, own, 3);
      const lost = readOn(cluster.one.origin, id, own).catch(() => undefined);
      await readOn(cluster.two.origin, id, far, 3);
      const rest = readOn(cluster.two.origin, id, far);
      cluster.one.signal(signal);
      await rest;
      expect(far.end).toMatchObject({ status: 'failed', error: { code: 'producer-lost' } });
      expect(longAnswer.startsWith(far.text)).toBe(true);
      expect(far.text).not.toBe('');
      // One that comes later, and one from the lost process, which may hold more than Redis has.
      const late = beginReading();
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
        expect(longAnswer.startsWith(own.text)).toBe(true);
      }
    },
  );

  it('continue a stream whose process is killed, if its PUT is repeated: readers everywhere get the whole answer once', async () => {
    await using cluster = await startCluster(60, { scenario: withTokens });
    const id = randomUUID();
    await put(cluster.one.origin, id);
    const [far, own] = [beginReading(), beginReading()];
    await readOn(cluster.one.origin, id, own, 20);
    const lost = readOn(cluster.one.origin, id, own).catch(() => undefined);
    await readOn(cluster.two.origin, id, far, 20);
    const rest = readOn(cluster.two.origin, id, far);
    cluster.one.signal('SIGKILL');
    await lost;
    expect(await put(cluster.three.origin, id)).toBe(202);
    // The reader of the lost process comes to the one that takes the stream over.
    await Promise.all([rest, readOn(cluster.three.origin, id, own)]);
    const whole = { text: longAnswer, end: { status: 'completed' } };
    expect(far).toMatchObject(whole);
    expect(own).toMatchObject(whole);
    const [, second] = cluster.emulator.requests;
    expect(second?.body).toHaveProperty('continuationToken');
  });

  it('drain: a process that is asked to end lets its streams end, and their readers elsewhere get everything', async () => {
    await using cluster = await startCluster(100);
    const id = randomUUID();
    await put(cluster.one.origin, id);
    const reading = beginReading();
    await readOn(cluster.two.origin, id, reading, 1);
    const rest = readOn(cluster.two.origin, id, reading);
    cluster.one.signal('SIGTERM');
    await rest;
    expect(reading).toMatchObject({ text: longAnswer, end: { status: 'completed' } });
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
