import { createEmulator } from '@gemini/emulator';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runCommand, startCommand } from './run-command.ts';

const sse = (...chunks: object[]): Buffer =>
  Buffer.from(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join(''));
const answer = (text: string, finishReason?: string) => ({
  candidates: [{ content: { parts: [{ text }] }, finishReason }],
});

describe.concurrent('gemini-stream "prompt"', () => {
  it('answers from the emulator where there is no key, and says so beside the answer', async () => {
    const { stdout, stderr, exitCode } = await runCommand(['hi']);
    expect(exitCode).toBe(0);
    expect(stdout.length).toBeGreaterThan(10);
    expect(stderr).toMatch(/^gemini-stream: no API key, so a local emulator answers .*\n$/);
  });

  it('prints the answer and nothing else, to the byte', async () => {
    const recording = { body: sse(answer('Tides\n'), answer(' 🌊 \u001b[31m', 'STOP')) };
    await using emulator = await createEmulator({ recording });
    const run = await runCommand(['hi'], { env: { GEMINI_BASE_URL: emulator.url } });
    expect(run).toEqual({ stdout: 'Tides\n 🌊 \u001b[31m', stderr: '', exitCode: 0 });
  });

  it('shows the first text while the server still generates', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 2, burst: 1 } });
    const child = startCommand(['Count slowly from 1 to 10'], { env: { GEMINI_BASE_URL: emulator.url } });
    if (child.stdout === null) throw new Error('expected a pipe');
    await once(child.stdout, 'data');
    expect(emulator.requests[0]?.closedAt).toBeUndefined();
    child.kill('SIGINT');
    const [exitCode] = (await once(child, 'close')) as [number];
    expect(exitCode).toBe(130);
    while (emulator.requests[0]?.closedAt === undefined) await nextTurn();
    expect(emulator.requests[0]?.closedBy).toBe('client');
  });

  it('takes the prompt from standard input', async () => {
    await using emulator = await createEmulator();
    await runCommand(['-'], { env: { GEMINI_BASE_URL: emulator.url }, input: 'hi there\n' });
    expect(emulator.requests[0]?.body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'hi there' }] }] });
  });

  it('writes one JSON object a line with --json, the end last', async () => {
    const { stdout } = await runCommand(['--json', 'hi']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events[0]).toMatchObject({ type: 'start' });
    expect(events.at(-1)).toMatchObject({ type: 'end', status: 'completed', emulated: true, finishReason: 'STOP' });
    expect(events.filter(({ type }) => type === 'end')).toHaveLength(1);
    const text = events.map((event) => (event['type'] === 'text-delta' ? event['text'] : '')).join('');
    expect(text).toBe(events.at(-1)?.['text']);
  });

  it.for<[string, Buffer, number, RegExp]>([
    ['a blocked prompt', sse({ promptFeedback: { blockReason: 'SAFETY' } }), 4, /blocked: SAFETY/],
    ['an answer that was cut', sse(answer('half')), 5, /may be cut/],
    [
      'an error event',
      sse({ error: { code: 503, status: 'UNAVAILABLE', message: 'Busy.' } }),
      1,
      /503 UNAVAILABLE: Busy/,
    ],
  ])('tells %s by its exit code', async ([, body, code, message]) => {
    await using emulator = await createEmulator({ recording: { body } });
    const run = await runCommand(['hi'], { env: { GEMINI_BASE_URL: emulator.url } });
    expect(run.exitCode).toBe(code);
    expect(run.stderr).toMatch(message);
  });
});

describe.concurrent('bad input', () => {
  it('says what to set where there is no key and no emulator is wanted', async () => {
    const run = await runCommand(['--no-emulator', 'hi']);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(/^gemini-stream: .*GEMINI_API_KEY.*\n$/);
  });

  it.for([
    ['an unknown model', ['-m', 'gemini-nope', 'hi'], 'any-key-5678', 1, /404 NOT_FOUND: .*gemini-nope/],
    ['a bad key', ['hi'], 'bad-key', 1, /400 INVALID_ARGUMENT: API key not valid/],
  ] as const)('shows the message and status of %s, and never the key', async ([, args, key, code, message]) => {
    await using emulator = await createEmulator();
    const run = await runCommand(args, { env: { GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: key } });
    expect(run.exitCode).toBe(code);
    expect(run.stderr).toMatch(message);
    expect(run.stdout + run.stderr).not.toContain(key);
  });

  it('names the server that is down', async () => {
    const emulator = await createEmulator();
    await emulator.close();
    const run = await runCommand(['hi'], { env: { GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: 'any-key-5678' } });
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain(new URL(emulator.url).host);
  });

  it.for([
    [['--bogus'], '--bogus'],
    [['hi', '--recording', 'x.sse'], '--recording'],
    [['demo', '--json'], '--json'],
    [[], 'no prompt'],
    [['-m', '../x', 'hi'], 'model'],
  ] as const)('explains %j in one line', async ([args, message]) => {
    const run = await runCommand(args);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(
      run.stderr
        .trimEnd()
        .split('\n')
        .filter((line) => !line.includes('emulator')),
    ).toHaveLength(1);
  });
});
