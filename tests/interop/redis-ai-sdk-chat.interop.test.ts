import { createEmulator } from '@gemini/emulator';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { leaseMs } from './redis/redis-nodes.ts';
import { longAnswer, longPrompt, type PageServer, startPageServer } from './redis/page-server.ts';
import { startRedis } from './redis/redis-server.ts';

/** Two processes of the page's chat. */
async function open(tokensPerSecond: number) {
  const stack = new AsyncDisposableStack();
  const emulator = stack.use(await createEmulator({ pace: { tokensPerSecond, burst: 1 } }));
  const redis = stack.use(await startRedis());
  const world = { redisPort: redis.port, geminiUrl: emulator.url };
  const start = async (): Promise<PageServer> =>
    stack.use(
      await startPageServer('docs/resumable-stream.md', 0, world, {
        'waitUntil: null': `waitUntil: null, leaseMs: ${leaseMs}`,
      }),
    );
  const [one, other] = await Promise.all([start(), start()]);
  return { emulator, one, other, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Starts an answer, and reads so many bytes of it before the page is closed. */
async function ask(server: PageServer, id: string): Promise<void> {
  const messages = [{ id: 'm', role: 'user', parts: [{ type: 'text', text: longPrompt }] }];
  const left = new AbortController();
  const body = JSON.stringify({ id, messages });
  const response = await fetch(`${server.origin}/api/chat`, { method: 'POST', body, signal: left.signal });
  let told = '';
  for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    told += piece;
    if (told.includes('text-delta')) break;
  }
  left.abort();
  // The copy of the answer is stored beside the response, which does not wait for it.
  while ((await headOf(server, id)) !== 200) await pause(20);
}

/** Returns the status of resuming an answer, and leaves it. */
async function headOf({ origin }: PageServer, id: string): Promise<number> {
  const left = new AbortController();
  const { status } = await fetch(`${origin}/api/chat/${id}/stream`, { signal: left.signal });
  left.abort();
  return status;
}

/** Resumes an answer, and returns the text of its chunks and the type of the last one. */
async function resume({ origin }: PageServer, id: string) {
  const response = await fetch(`${origin}/api/chat/${id}/stream`);
  if (response.status !== 200) return { status: response.status, text: '', last: '' };
  const chunks = (await response.text())
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: {'))
    .map((frame) => JSON.parse(frame.slice('data: '.length)) as { type: string; delta?: string });
  const text = chunks.flatMap(({ type, delta }) => (type === 'text-delta' ? delta : [])).join('');
  return { status: 200, text, last: chunks.at(-1)?.type };
}

it('an answer of the AI SDK is resumed whole by another process, and by the same, after its page was closed', async () => {
  await using chat = await open(40);
  const id = randomUUID();
  // Its first request opens connections, for which a running answer would not wait on a busy machine.
  expect(await resume(chat.other, id)).toMatchObject({ status: 204 });
  await ask(chat.one, id);
  const whole = { status: 200, text: longAnswer, last: 'finish' };
  expect(await Promise.all([resume(chat.other, id), resume(chat.one, id)])).toEqual([whole, whole]);
  expect(chat.emulator.requests).toHaveLength(1);
  expect(await resume(chat.other, id)).toMatchObject({ status: 204 });
  expect(await resume(chat.other, randomUUID())).toMatchObject({ status: 204 });
});

it('an answer is stopped from another process, and the request to the model is closed', async () => {
  await using chat = await open(5);
  const id = randomUUID();
  await ask(chat.one, id);
  const reading = resume(chat.other, id);
  const [request] = await chat.emulator.whenReceived(1);
  expect((await fetch(`${chat.other.origin}/api/chat/${id}/stream`, { method: 'DELETE' })).status).toBe(204);
  expect((await chat.emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
  expect(longAnswer.startsWith((await reading).text)).toBe(true);
});

it('an answer whose process is killed is an error of its reader, not an end', async () => {
  await using chat = await open(5);
  const id = randomUUID();
  await ask(chat.one, id);
  const response = await fetch(`${chat.other.origin}/api/chat/${id}/stream`);
  const reading = response.text();
  chat.one.signal('SIGKILL');
  await expect(reading).rejects.toThrow('terminated');
});
