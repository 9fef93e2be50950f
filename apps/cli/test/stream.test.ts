import { createEmulator } from '@gemini/emulator';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type CommandRun, commandTimeoutMs, runCommand, runShell, startCommand } from './run-command.ts';
import { runHere } from './run-here.ts';

function sse(...chunks: object[]): Buffer {
  return Buffer.from(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join(''));
}
function linesOf(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
function answer(text: string, finishReason?: string) {
  return {
    candidates: [{ content: { parts: [{ text }] }, finishReason }],
  };
}

describe('gemini-stream "prompt"', { timeout: commandTimeoutMs }, () => {
  it('streams from the emulator if there is no key, and reports that on standard error', async () => {
    const { stdout, stderr, exitCode } = await runCommand(['--emulator', 'hi']);
    expect(exitCode).toBe(0);
    expect(stdout.length).toBeGreaterThan(10);
    expect(stderr).toMatch(/^gemini-stream: no API key, so a local emulator answers .*\n$/);
  });

  it('prints exactly the bytes of the answer', async () => {
    const recording = { body: sse(answer('Tides\n'), answer(' 🌊 \u001b[31m', 'STOP')) };
    await using emulator = await createEmulator({ recording });
    const run = await runCommand(['hi'], { env: { GEMINI_BASE_URL: emulator.url } });
    expect(run).toEqual({ stdout: 'Tides\n 🌊 \u001b[31m', stderr: '', exitCode: 0 });
  });

  it('prints the first text while the server is still generating', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 10, burst: 1 } });
    const child = startCommand(['Count from 1 to 100'], { env: { GEMINI_BASE_URL: emulator.url } });
    if (child.stdout === null) throw new Error('expected a pipe');
    await once(child.stdout, 'data');
    expect(emulator.requests[0]?.closedAt).toBeUndefined();
    child.kill('SIGINT');
    const [exitCode] = (await once(child, 'close')) as [number];
    expect(exitCode).toBe(130);
    while (emulator.requests[0]?.closedAt === undefined) await nextTurn();
    expect(emulator.requests[0]?.closedBy).toBe('client');
  });

  it('asks the next model of --model if one cannot answer, and notes it', async () => {
    await using emulator = await createEmulator();
    const run = await runCommand(['--model', 'no-such-model,gemini-flash-latest', 'Say: hello'], {
      env: { GEMINI_BASE_URL: emulator.url },
    });
    const stderr = 'gemini-stream: no-such-model failed (404): asking gemini-flash-latest\n';
    expect(run).toEqual({ stdout: 'hello', stderr, exitCode: 0 });
    expect(emulator.requests).toHaveLength(2);
  });

  it('reads the prompt from standard input', async () => {
    await using emulator = await createEmulator();
    await runCommand(['-'], { env: { GEMINI_BASE_URL: emulator.url }, input: 'hi there\n' });
    expect(emulator.requests[0]?.body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'hi there' }] }] });
  });

  it('sends standard input, then files, then the words of the prompt, and the sampling options', async () => {
    await using emulator = await createEmulator();
    const folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
    const png = Buffer.from('89504e470d0a1a0a00', 'hex');
    await writeFile(join(folder, 'a.png'), png);
    await writeFile(join(folder, 'notes.md'), '# Tides');
    await writeFile(join(folder, 'schema.json'), '{"type":"object"}');
    const wanted = ['--system', 'Be brief.', '-t', '0', '--top-p', '0.9', '--top-k', '3', '--max-tokens', '50'];
    const more = ['--seed', '7', '--stop', 'a', '--stop', 'b', '--thinking', '--json-schema', 'schema.json'];
    const command = ['-', 'What?', '-f', 'a.png', '-f', 'notes.md', ...wanted, ...more];
    await runCommand(command, { env: { GEMINI_BASE_URL: emulator.url }, input: 'context\n', cwd: folder });
    await rm(folder, { recursive: true });
    expect(emulator.requests[0]?.body).toEqual({
      contents: [
        {
          role: 'user',
          parts: [
            { text: 'context\n\n' },
            { inlineData: { mimeType: 'image/png', data: png.toString('base64') } },
            { text: 'notes.md:\n\n# Tides\n\n' },
            { text: 'What?' },
          ],
        },
      ],
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      generationConfig: {
        temperature: 0,
        topP: 0.9,
        topK: 3,
        maxOutputTokens: 50,
        seed: 7,
        stopSequences: ['a', 'b'],
        thinkingConfig: { includeThoughts: true },
        responseMimeType: 'application/json',
        responseJsonSchema: { type: 'object' },
      },
    });
  });

  it('reads piped input beside the prompt, and does not wait for an input that stays open and empty', async () => {
    await using emulator = await createEmulator();
    const env = { GEMINI_BASE_URL: emulator.url };
    const { exitCode } = await runShell('echo context | gemini-stream what', env);
    expect(exitCode).toBe(0);
    expect(emulator.requests[0]?.body).toMatchObject({
      contents: [{ parts: [{ text: 'context\n\n' }, { text: 'what' }] }],
    });
    const child = startCommand(['hi'], { env, input: undefined });
    await once(child, 'exit');
    expect(emulator.requests[1]?.body).toMatchObject({ contents: [{ parts: [{ text: 'hi' }] }] });
  });

  it.for([
    [['--vertex', '--project', 'p', '--location', 'europe-west4'], {}],
    [[], { GOOGLE_GENAI_USE_VERTEXAI: 'True', GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'europe-west4' }],
  ] as const)('asks Vertex AI by %j and %j, with the token of the environment', async ([words, place]) => {
    await using emulator = await createEmulator();
    const token = 'ya29.a-token-of-another-user';
    const env = { ...place, GOOGLE_VERTEX_BASE_URL: emulator.url, GOOGLE_OAUTH_ACCESS_TOKEN: token };
    const run = await runCommand([...words, 'Say yes'], { env });
    expect(run).toEqual({ stdout: 'yes', stderr: '', exitCode: 0 });
    const [request] = emulator.requests;
    expect(request?.path).toContain('/projects/p/locations/europe-west4/publishers/google/models/gemini-flash-latest');
    expect(request?.headers).toHaveProperty('authorization');
  });

  it('prints thoughts on standard error', async () => {
    await using emulator = await createEmulator();
    const run = await runHere(['--base-url', emulator.url, '--thinking', 'Why?']);
    expect(run.stderr).toMatch(/^\*\*.*\n$/s);
    expect(run.stdout).not.toContain('**');
  });

  it('writes unchanged chunks with --raw, and pieces with their times with --timing', async () => {
    const chunks = [answer('one '), answer('two', 'STOP')];
    await using emulator = await createEmulator({ recording: { body: sse(...chunks) } });
    const ask = (...words: string[]) => runHere(['--base-url', emulator.url, ...words, 'hi']);
    const raw = await ask('--raw');
    expect(linesOf(raw.stdout)).toEqual(JSON.parse(JSON.stringify(chunks)));
    const timed = await ask('--timing');
    expect(timed.stdout).toMatch(/^ +\d+\.\d ms +\+\d+\.\d {2}"one "\n +\d+\.\d ms +\+\d+\.\d {2}"two"\n$/);
    const both = await ask('--json', '--raw', '--timing');
    const events = linesOf(both.stdout);
    expect(events.filter(({ type }) => type === 'chunk').map(({ chunk }) => chunk)).toEqual(linesOf(raw.stdout));
    expect(events.slice(0, -1).every(({ atMs }) => typeof atMs === 'number')).toBe(true);
  });

  it('escapes control characters in JSON lines', async () => {
    const hostile = 'a\u2028b\u001b]52;c;ZXZpbA==\u0007\u009b31m\u202e';
    await using emulator = await createEmulator({ recording: { body: sse(answer(hostile, 'STOP')) } });
    const { stdout } = await runCommand(['--json', 'hi'], { env: { GEMINI_BASE_URL: emulator.url } });
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
    expect(linesOf(stdout).find(({ type }) => type === 'text-delta')).toMatchObject({ text: hostile });
  });

  it.for([
    ['a stream that fails', sse({ error: { code: 503, status: 'UNAVAILABLE', message: 'Busy.' } }), 'failed'],
    ['a stream that was cut', sse(answer('half')), 'truncated'],
    ['a blocked prompt', sse({ promptFeedback: { blockReason: 'SAFETY' } }), 'blocked'],
  ] as const)('ends %s in exactly one end, last', async ([, body, status]) => {
    await using emulator = await createEmulator({ recording: { body } });
    const { stdout } = await runHere(['--base-url', emulator.url, '--json', 'hi']);
    const events = linesOf(stdout);
    expect(events.at(-1)).toMatchObject({ type: 'end', status });
    expect(events.filter(({ type }) => type === 'end')).toHaveLength(1);
  });

  it('exits without an error message when its reader closes the pipe', async () => {
    const run = await runShell('gemini-stream --emulator --json "in 300 words" | head -1; exit ${PIPESTATUS[0]}', {});
    expect(linesOf(run.stdout)).toMatchObject([{ type: 'start' }]);
    expect(run.stderr).toMatch(/^[^\n]*emulator[^\n]*\n$/);
    expect(run.exitCode).toBe(0);
  });

  it.for(['--version', '"Say yes"', '--json "Say yes"'])(
    'says so in one line when %s cannot be written',
    async (words) => {
      await using emulator = await createEmulator();
      const run = await runShell(`gemini-stream ${words} > /dev/full`, { GEMINI_BASE_URL: emulator.url });
      expect(run.exitCode).toBe(1);
      expect(run.stderr).toMatch(/^gemini-stream: [^\n]*ENOSPC[^\n]*\n$/);
    },
  );

  it('writes one JSON object a line with --json, with the end last', async () => {
    const { stdout } = await runCommand(['--json', '--emulator', 'hi']);
    const events = linesOf(stdout);
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
      /Busy \(503 UNAVAILABLE\): try later/,
    ],
  ])('reports %s with its exit code', async ([, body, code, message]) => {
    await using emulator = await createEmulator({ recording: { body } });
    const run = await runHere(['--base-url', emulator.url, 'hi']);
    expect(run.exitCode).toBe(code);
    expect(run.stderr).toMatch(message);
  });
});

describe('bad input', { timeout: commandTimeoutMs }, () => {
  it('an error names the variable to set if there is no key and --no-emulator is given', async () => {
    const run = await runCommand(['--no-emulator', 'hi']);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(/^gemini-stream: .*GEMINI_API_KEY.*\n$/);
  });

  it.for<[words: readonly string[], input: string]>([
    [['Write a commit message'], 'diff'],
    [['--json', 'hi'], ''],
    [['chat'], 'hi'],
  ])('refuses to make an answer up in a pipe without a key: %j', async ([words, input]) => {
    const run = await runCommand(words, { input });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(/^gemini-stream: no API key: set GEMINI_API_KEY, or add --emulator .*\n$/);
    expect((await runCommand(['--emulator', 'hi'])).exitCode).toBe(0);
  });

  it.for([
    [['docter', 'https://proxy.example'], 'doctor'],
    [['recrod', 'bug.ndjson', 'Why?'], 'record'],
    [['benhc', '-n', '5'], 'bench'],
    [['emulat', '--port', '0'], 'emulate'],
  ] as const)('refuses a misspelt command: %j', async ([words, near]) => {
    const run = await runCommand(words);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(`unknown command ${words[0]}: did you mean ${near}?`);
  });

  it.for([
    [['docter', 'who']],
    [['what', '--json']],
    [['--', 'docter', 'https://a.example']],
    [['doctor who?']],
  ] as const)('sends a prompt that resembles a command: %j', async ([words]) => {
    await using emulator = await createEmulator();
    const { exitCode } = await runCommand(words, { env: { GEMINI_BASE_URL: emulator.url } });
    expect([exitCode, emulator.requests.length]).toEqual([0, 1]);
  });

  it.for([
    [
      'an unknown model',
      ['-m', 'gemini-nope', 'hi'],
      'any-key-5678',
      1,
      /gemini-nope is not found .*\(404 NOT_FOUND\)/,
    ],
    ['a bad key', ['hi'], 'bad-key', 1, /API key not valid.*\(400 INVALID_ARGUMENT\): check GEMINI_API_KEY/],
  ] as const)('shows the message and status of %s, and never the key', async ([, args, key, code, message]) => {
    await using emulator = await createEmulator();
    const run = await runCommand(args, { env: { GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: key } });
    expect(run.exitCode).toBe(code);
    expect(run.stderr).toMatch(message);
    expect(run.stdout + run.stderr).not.toContain(key);
  });

  it('an error names a server that does not answer', async () => {
    // A port that was merely let go may be the next test's.
    await using emulator = await createEmulator({ scenario: 'connection-refused' });
    const run = await runHere(['--base-url', emulator.url, 'hi']);
    expect(run.exitCode).toBe(3);
    expect(run.stderr).toContain(new URL(emulator.url).host);
  });

  const lineOf = (run: CommandRun): string => {
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    const lines = run.stderr.trimEnd().split('\n');
    return lines.filter((line) => !line.includes('emulator')).join('\n');
  };

  it.for([
    [['--bogus'], '--bogus'],
    [['hi', '--recording', 'x.sse'], '--recording'],
    [['demo', '--json'], '--json'],
    [['-f', '/no/such.png', 'hi'], 'no such file'],
    [['-f', '/dev/zero', 'hi'], 'too large'],
    [['-f', '-', '-'], 'cannot be the prompt'],
    [['--json-schema', '/dev/null', 'hi'], 'not JSON'],
    [['-t', 'warm', 'hi'], '--temperature: expected a number'],
    [['--seed', '1.5', 'hi'], '--seed: expected a whole number'],
    [['--seed', '-1.5', 'hi'], '--seed'],
    [['--emulator', '--raw', '--timing', 'hi'], '--json'],
    [['--base-url', 'nowhere', 'hi'], 'expected a URL'],
  ] as const)('explains %j in one line', async ([args, message]) => {
    expect(lineOf(await runHere(args))).toMatch(new RegExp(`^gemini-stream: .*${message}[^\n]*$`));
  });

  it.for([
    [[], 'no prompt'],
    [['-f', '-', 'hi'], 'empty'],
    [['--emulator', '-m', '../x', 'hi'], 'model'],
  ] as const)('explains %j in one line, and ends', async ([args, message]) => {
    expect(lineOf(await runCommand(args))).toMatch(new RegExp(`^gemini-stream: .*${message}[^\n]*$`));
  });
});
