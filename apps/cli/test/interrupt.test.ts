import { createEmulator } from '@gemini/emulator';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTimeoutMs, runShell, startCommand } from './run-command.ts';
import { runHere } from './run-here.ts';
import { serve } from './serve.ts';

const slow = { pace: { tokensPerSecond: 10, burst: 1 } };
const prompt = 'Count from 1 to 100';

/** Writes `ready` to standard error as soon as the process handles interrupts. */
const readyHook = `data:text/javascript,${encodeURIComponent(`
  process.on('newListener', (name) => {
    if (name === 'SIGTERM') queueMicrotask(() => process.stderr.write('ready'));
  });
`)}`;

let folder = '';
let cassette = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
  cassette = join(folder, 'replayed.ndjson');
  await using emulator = await createEmulator({ pace: { tokensPerSecond: 50, burst: 1 } });
  await runHere(['record', cassette, '--base-url', emulator.url, 'Count from 1 to 30']);
});
afterAll(() => rm(folder, { recursive: true }));

function pipesOf({ stdout, stderr }: ChildProcess) {
  if (stdout === null || stderr === null) throw new Error('expected pipes');
  return { stdout, stderr };
}

/** More text than a pipe and its reader hold. */
const long = 'All the words of one event. '.repeat(30_000);

function sse(words: string): string {
  const chunk = { candidates: [{ content: { parts: [{ text: words }] }, finishReason: 'STOP' }] };
  return `data: ${JSON.stringify(chunk)}\r\n\r\n`;
}

describe('an interrupt', { timeout: commandTimeoutMs }, () => {
  it.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends a command that is still loaded, or waits for its prompt, with %i', async ([signal, code]) => {
    const child = startCommand(['-'], { env: { NODE_OPTIONS: `--import ${readyHook}` }, input: undefined });
    await once(pipesOf(child).stderr, 'data');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([code, null]);
  });

  it('ends a chat that is waiting for a message', async () => {
    await using emulator = await createEmulator();
    const child = startCommand(['chat'], { env: { GEMINI_BASE_URL: emulator.url }, input: undefined });
    child.stdin?.write('Say yes\n');
    await once(pipesOf(child).stdout, 'data');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
  });

  it('ends a command whose server does not respond, and closes the connection', async () => {
    await using emulator = await createEmulator({ scenario: 'silence-before-headers' });
    const child = startCommand(['hi'], { env: { GEMINI_BASE_URL: emulator.url } });
    const [request] = await emulator.whenReceived(1);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
    expect((await emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
  });

  it.for(['SIGINT', 'SIGTERM'] as const)(
    'by %s stops the answer, keeps the text so far, and still ends the JSON',
    async (signal) => {
      await using emulator = await createEmulator(slow);
      const child = startCommand(['--json', prompt], { env: { GEMINI_BASE_URL: emulator.url } });
      const stdout = text(pipesOf(child).stdout);
      await once(pipesOf(child).stdout, 'data');
      child.kill(signal);
      expect(await once(child, 'close')).toEqual([130, null]);
      const lines = (await stdout).trimEnd().split('\n');
      const end = { type: 'end', status: 'stopped', error: { code: 'stopped' } };
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject(end);
      const [request] = emulator.requests;
      expect((await emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
    },
  );

  it('ends the demo during its second half, too', async () => {
    const child = startCommand(['demo', '--emulator']);
    const { stdout } = pipesOf(child);
    stdout.setEncoding('utf8').on('data', (shown: string) => {
      if (shown.includes('Buffered:')) child.kill('SIGINT');
    });
    expect(await once(child, 'exit')).toEqual([130, null]);
  });
});

describe('the second of two quick interrupts', { timeout: commandTimeoutMs }, () => {
  const commands: Readonly<Record<string, (url: string) => string[]>> = {
    stream: () => [prompt],
    json: () => ['--json', prompt],
    chat: () => ['chat'],
    demo: () => ['demo', prompt],
    verify: () => ['verify', prompt],
    doctor: (url) => ['doctor', url, prompt],
    bench: () => ['bench', '-n', '2', '-d', '60', prompt],
    record: () => ['record', join(folder, 'recorded.ndjson'), prompt],
  };

  it.for(Object.keys(commands))('ends %s with exit code 130 while it winds down', async (name) => {
    await using emulator = await createEmulator(slow);
    const words = commands[name]?.(emulator.url) ?? [];
    const input = name === 'chat' ? `${prompt}\n` : '';
    const child = startCommand(words, { env: { GEMINI_BASE_URL: emulator.url }, input });
    pipesOf(child).stderr.resume();
    pipesOf(child).stdout.resume();
    const exited = once(child, 'exit');
    const [request] = await emulator.whenReceived(1);
    child.kill('SIGINT');
    // The first is handled when the server is left.
    await emulator.whenClosed(request?.id ?? '');
    child.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
  });

  it('ends a replay with exit code 130', async () => {
    const child = startCommand(['replay', cassette]);
    const exited = once(child, 'exit');
    await once(pipesOf(child).stdout, 'data');
    child.kill('SIGINT');
    await nextTurn();
    child.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
  });

  it('never ends the emulator by the signal', async () => {
    const child = startCommand(['emulate']);
    const exited = once(child, 'exit');
    await once(pipesOf(child).stdout, 'data');
    child.kill('SIGINT');
    await nextTurn();
    child.kill('SIGINT');
    const [exitCode, signal] = (await exited) as [number | null, string | null];
    expect({ exitCode, signal }).toEqual({ exitCode: expect.toBeOneOf([0, 130]), signal: null });
  });

  it('ends the process even if its output is stuck', async () => {
    const left = Promise.withResolvers<void>();
    await using server = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.on('close', left.resolve).write(sse(long));
    });
    const child = startCommand(['hi'], { env: { GEMINI_BASE_URL: server.url } });
    // Most of the text is still in the child: a pipe does not hold it.
    await once(pipesOf(child).stdout, 'readable');
    child.kill('SIGINT');
    await left.promise;
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
  });
});

describe('a reader that stops reading', { timeout: commandTimeoutMs }, () => {
  it.for([['hi'], ['--json', 'hi']])('makes the server wait instead of the command: %j', async (words) => {
    await using emulator = await createEmulator({ scenario: 'flood-of-events' });
    const child = startCommand(words, { env: { GEMINI_BASE_URL: emulator.url } });
    await once(pipesOf(child).stdout, 'readable');
    const [request] = await emulator.whenReceived(1);
    const stuck = await emulator.whenBackpressured(request?.id ?? '');
    expect(stuck.closedAt).toBeUndefined();
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});

describe('a slow reader', { timeout: commandTimeoutMs }, () => {
  // The reader starts after the command could have exited. No event shows that a command waits for its reader.
  const slowly = '| { sleep 2; cat; }; exit ${PIPESTATUS[0]}';

  it.for([
    ['a complete answer', sse(long), 0],
    ['an answer that fails', `${sse(long)}data: {"error":{"code":500}}\r\n\r\n`, 1],
  ] as const)('gets every byte of %s before the process exits', async ([, body, code]) => {
    await using emulator = await createEmulator({ recording: { body: Buffer.from(body) } });
    const { stdout, exitCode } = await runShell(`gemini-stream hi ${slowly}`, { GEMINI_BASE_URL: emulator.url });
    expect(stdout.length).toBe(long.length);
    expect(exitCode).toBe(code);
  });

  it('gets every line of a report that is longer than a pipe before the process exits', async () => {
    const events = 10_000;
    await using emulator = await createEmulator({ recording: { body: Buffer.from(sse('x').repeat(events)) } });
    const command = `gemini-stream verify --runs 1 --json --base-url ${emulator.url}`;
    const { stdout } = await runShell(`${command} ${slowly}`, {});
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { type: 'run', events: { length: events } },
      { type: 'end' },
    ]);
  });
});
