import { createEmulator } from '@gemini/emulator';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  beginReading,
  longAnswer,
  longPrompt,
  type PageProcess,
  type PageServer,
  type PageWorld,
  readOn,
  runPageProgram,
  startPageServer,
  withTokens,
} from './redis/page-server.ts';
import { startRedis } from './redis/redis-server.ts';

const page = 'docs/deploying.md';

/** A Redis and a slow model whose answers can be continued. */
async function startWorld(tokensPerSecond: number) {
  const stack = new AsyncDisposableStack();
  const emulator = stack.use(await createEmulator({ pace: { tokensPerSecond, burst: 1 }, scenario: withTokens }));
  const redis = stack.use(await startRedis());
  const world: PageWorld = { redisPort: redis.port, geminiUrl: emulator.url };
  return { emulator, redis, world, stack, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('the server of the page', () => {
  it('is replaced three times while an answer is read, and the reader gets every character once', async () => {
    await using surroundings = await startWorld(30);
    const { emulator, world, stack } = surroundings;
    const start = async (): Promise<PageServer> => {
      const server = await startPageServer(page, 0, world, { 'drainMs: 10_000': 'drainMs: 100' });
      return stack.use(server);
    };
    const servers = await Promise.all([start(), start(), start(), start()]);
    let place = 0;
    const origin = (): string => servers[place]?.origin ?? '';
    const id = randomUUID();
    expect((await fetch(`${origin()}/streams/${id}`, { method: 'PUT', body: longPrompt })).status).toBe(202);
    const reading = beginReading();
    const read = async (): Promise<void> => {
      while (reading.end === undefined) {
        // As an `EventSource` does; a connection to a process that has just ended is refused.
        await readOn(origin(), id, reading).catch(() => undefined);
        await pause(20);
      }
    };
    const whole = read();
    for (const old of servers.slice(0, 3)) {
      const { length } = reading.text;
      while (reading.text.length < length + 50) await pause(20);
      expect(reading.end).toBeUndefined();
      place += 1;
      old.signal('SIGTERM');
      expect(await old.exited).toBe(0);
    }
    await whole;
    expect(reading).toMatchObject({ text: longAnswer, end: { status: 'completed' } });
    const resumed = emulator.requests.filter(({ body }) => 'continuationToken' in (body as object));
    expect(resumed.length).toBeGreaterThan(0);
    expect(emulator.requests.length - resumed.length).toBe(1);
  });

  it('is not ready after it was asked to leave, and stops what no other node can continue', async () => {
    await using place = await startWorld(50);
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 20, burst: 1 } });
    const world = { ...place.world, geminiUrl: emulator.url };
    await using leaving = await startPageServer(page, 0, world, { 'drainMs: 10_000': 'drainMs: 200' });
    await using staying = await startPageServer(page, 0, world);
    expect((await fetch(`${leaving.origin}/ready`)).status).toBe(200);
    const id = randomUUID();
    await fetch(`${leaving.origin}/streams/${id}`, { method: 'PUT', body: longPrompt });
    const reading = beginReading();
    await readOn(staying.origin, id, reading, 3);
    const rest = readOn(staying.origin, id, reading);
    leaving.signal('SIGTERM');
    await rest;
    expect(reading.end).toMatchObject({ status: 'stopped' });
    expect(longAnswer.startsWith(reading.text)).toBe(true);
    expect(await leaving.exited).toBe(0);
  });
});

describe('the worker of the page', () => {
  it.for(['SIGKILL', 'SIGTERM'] as const)('finishes a job whose process gets %s', async (signal) => {
    await using place = await startWorld(30);
    const { emulator, redis, world, stack } = place;
    const start = async (): Promise<PageProcess> => stack.use(await runPageProgram(page, 1, world));
    const [first, second] = await Promise.all([start(), start()]);
    // It stands still until the first worker has the job, so that it joins while the answer is generated.
    second.signal('SIGSTOP');
    await redis.command('HSET', 'jobs', 'report', longPrompt);
    await emulator.whenReceived(1);
    second.signal('SIGCONT');
    const copies = async (): Promise<string> => redis.command('PUBSUB', 'NUMSUB', 'gs:{report}:ch');
    while (!(await copies()).endsWith('1')) {
      expect(await redis.command('EXISTS', 'answers'), 'the answer ended before the second worker joined').toBe('0');
      await pause(20);
    }
    await pause(500);
    first.signal(signal);
    const ended = await first.exited;
    expect(ended).toBe(signal === 'SIGTERM' ? 0 : null);
    let answer = '';
    while (answer === '') {
      await pause(50);
      answer = await redis.command('HGET', 'answers', 'report');
    }
    expect(JSON.parse(answer)).toEqual({ status: 'completed', text: longAnswer });
    expect(emulator.requests).toHaveLength(2);
    second.signal('SIGTERM');
    expect(await second.exited).toBe(0);
  });
});
