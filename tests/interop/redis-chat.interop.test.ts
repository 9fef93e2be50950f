import { createChatHandler, redisChatIndex, toGeminiContents, toUIMessageStream } from '@gemini/ai-sdk';
import { createGemini } from '@gemini/client';
import { createEmulator, type Emulator } from '@gemini/emulator';
import { redisStreamLog } from '@gemini/stream-log-redis';
import { createStreamManager } from '@gemini/stream-manager';
import type { UIMessageChunk } from 'ai';
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { describe, expect, it } from 'vitest';
import { leaseMs } from './redis/redis-nodes.ts';
import { type RedisProxy, startProxy } from './redis/redis-proxy.ts';
import { startRedis } from './redis/redis-server.ts';

/** A process of a chat, with a network of its own to Redis. */
async function openProcess(network: RedisProxy, emulator: Emulator) {
  const client = createClient({ url: `redis://127.0.0.1:${network.port}`, socket: { reconnectStrategy: () => 30 } });
  client.on('error', () => {});
  await client.connect();
  const gemini = createGemini({ baseUrl: emulator.url });
  const streams = createStreamManager<UIMessageChunk>({ streamLog: redisStreamLog({ client, leaseMs }) });
  const chat = createChatHandler({
    streams,
    chats: redisChatIndex({ client }),
    answer: ({ messages, signal }) => toUIMessageStream(gemini.stream(toGeminiContents(messages), { signal })),
    userOf: ({ headers }) => headers.get('x-user') ?? undefined,
  });
  return {
    ...chat,
    async [Symbol.asyncDispose]() {
      await streams.close();
      client.destroy();
    },
  };
}

async function open(tokensPerSecond: number) {
  const stack = new AsyncDisposableStack();
  const emulator = stack.use(await createEmulator({ pace: { tokensPerSecond, burst: 1 } }));
  const redis = stack.use(await startRedis());
  const network = stack.use(await startProxy(redis.port));
  const steady = stack.use(await startProxy(redis.port));
  const one = stack.use(await openProcess(network, emulator));
  const other = stack.use(await openProcess(steady, emulator));
  return { emulator, redis, network, one, other, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const messages = [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'Count from 1 to 9' }] }];

function request(method: string, headers: Record<string, string> = {}): Request {
  const body = method === 'POST' ? { body: JSON.stringify({ id: 'c', messages }) } : {};
  return new Request('http://localhost/', { method, headers: { 'x-user': 'ada', ...headers }, ...body });
}

const textOf = (frames: string): string =>
  [...frames.matchAll(/^data: (\{.*\})$/gm)]
    .map(([, data]) => JSON.parse(data ?? '') as { type: string; delta?: string })
    .map(({ type, delta }) => (type === 'text-delta' ? delta : ''))
    .join('');

describe('a chat over Redis', () => {
  it('is followed by any process, whole and from a position, and by its user alone', async () => {
    await using chat = await open(60);
    const answer = await chat.one.POST(request('POST', { 'idempotency-key': 'k' }));
    const own = answer.text();
    const resumed = await chat.other.GET(request('GET'), 'c');
    expect(resumed.status).toBe(200);
    expect((await chat.other.GET(request('GET', { 'x-user': 'eve' }), 'c')).status).toBe(204);
    expect((await chat.other.GET(request('GET', { 'x-user': '' }), 'c')).status).toBe(204);
    const [first, second] = await Promise.all([own, resumed.text()]);
    expect(textOf(first)).toBe('1, 2, 3, 4, 5, 6, 7, 8, 9.');
    expect(textOf(second)).toBe(textOf(first));
    const ids = [...first.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? '');
    const rest = await chat.other.GET(request('GET', { 'last-event-id': ids[6] ?? '' }), 'c');
    expect((await rest.text()).match(/^id: /gm)).toHaveLength(ids.length - 7);
    // The same message, sent again to another process.
    const again = await chat.other.POST(request('POST', { 'idempotency-key': 'k' }));
    expect(textOf(await again.text())).toBe(textOf(first));
    expect(chat.emulator.requests).toHaveLength(1);
  });

  it('is stopped from any process', async () => {
    await using chat = await open(10);
    const own = (await chat.one.POST(request('POST'))).text();
    expect((await chat.other.DELETE(request('DELETE'), 'c')).status).toBe(204);
    expect(await own).toContain('{"type":"abort"}');
    const [asked] = await chat.emulator.whenReceived(1);
    expect((await chat.emulator.whenClosed(asked?.id ?? '')).closedBy).toBe('client');
    expect((await chat.other.DELETE(request('DELETE'), 'none')).status).toBe(404);
  });

  it('whose process is lost ends as an error, and not as whole', async () => {
    await using chat = await open(10);
    void (await chat.one.POST(request('POST'))).text();
    const resumed = await chat.other.GET(request('GET'), 'c');
    chat.network.freeze();
    const frames = await resumed.text();
    expect(frames).toContain('{"type":"error","errorText":"The answer was lost."}');
    expect(frames).not.toContain('[DONE]');
    chat.network.thaw();
  });

  it('is found by ioredis too, until its time is over', async () => {
    await using redis = await startRedis();
    const client = new Redis(redis.port, '127.0.0.1');
    const chats = redisChatIndex({ client, ttlSeconds: 100 });
    await chats.set('c', 'stream');
    expect(await chats.get('c')).toBe('stream');
    expect(await chats.get('other')).toBeUndefined();
    expect(Number(await redis.command('TTL', 'gs:chat:c'))).toBeGreaterThan(90);
    client.disconnect();
  });
});
