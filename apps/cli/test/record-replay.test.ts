import { createEmulator, readCassette } from '@gemini/emulator';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTimeoutMs, runCommand } from './run-command.ts';
import { runHere } from './run-here.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
});
afterAll(() => rm(folder, { recursive: true }));

const key = 'AIza-the-caller-s-own-key';
function askFor(model: string) {
  return `
  const response = await fetch(process.env.GEMINI_BASE_URL + '/v1beta/models/${model}:streamGenerateContent?alt=sse', {
    method: 'POST',
    headers: { 'x-goog-api-key': process.env.GEMINI_API_KEY },
    body: JSON.stringify({ contents: [{ parts: [{ text: 'Count from 1 to 3' }] }] }),
  });
  process.stdout.write(await response.text());
  process.exitCode = 7;
`;
}
function program(code: string): string[] {
  return ['--', process.execPath, '--input-type=module', '-e', code];
}

describe('gemini-stream record', { timeout: commandTimeoutMs }, () => {
  it('records an answer without the key, and replay prints it unchanged', async () => {
    await using emulator = await createEmulator();
    const file = join(folder, 'answer.ndjson');
    const env = { GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: key };
    const recorded = await runCommand(['record', file, 'Count from 1 to 3'], { env });
    expect(recorded).toMatchObject({ stdout: '1, 2, 3.', exitCode: 0 });
    expect(recorded.stderr).toContain('1 exchange in');
    expect(await readFile(file, 'utf8')).not.toContain(key);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await runHere(['replay', file, '--speed', '0'])).toEqual({ stdout: '1, 2, 3.', stderr: '', exitCode: 0 });
    const ask = ['--base-url', emulator.url];
    expect(await runHere(['record', file, ...ask, 'again'])).toMatchObject({ exitCode: 2, stdout: '' });
    expect((await runHere(['record', '--force', file, ...ask, 'Say again'])).stdout).toBe('again');
  });

  it('records the streams of a command, keeps its key, and returns its exit code; replay answers the command', async () => {
    await using emulator = await createEmulator({ apiKey: { accepted: [key], required: true } });
    const file = join(folder, 'command.ndjson');
    const env = { GEMINI_BASE_URL: emulator.url, GEMINI_API_KEY: key };
    const words = program(askFor('gemini-flash-latest'));
    const recorded = await runCommand(['record', file, ...words], { env });
    expect(recorded.exitCode).toBe(7);
    const [exchange] = readCassette(await readFile(file, 'utf8')).exchanges;
    expect(exchange?.response?.status).toBe(200);
    expect(Buffer.concat(exchange?.chunks.map(({ bytes }) => bytes) ?? []).toString()).toBe(recorded.stdout);
    const replayed = await runCommand(['replay', file, '--speed', '0', ...words]);
    expect(replayed).toMatchObject({ stdout: recorded.stdout, exitCode: 7 });
  });

  it('replays a request that was retried as one answer', async () => {
    await using emulator = await createEmulator({ scenario: 'unavailable-then-fine' });
    const file = join(folder, 'retried.ndjson');
    await runHere(['record', file, '--base-url', emulator.url, 'Say yes']);
    expect(readCassette(await readFile(file, 'utf8')).exchanges).toHaveLength(2);
    const { stdout } = await runHere(['replay', file, '--json', '--speed', '0']);
    const types = stdout.trimEnd().split('\n');
    expect(types.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(
      expect.arrayContaining(['retry', 'text-delta', 'end']),
    );
    expect(JSON.parse(types.at(-1) ?? '')).toMatchObject({ type: 'end', status: 'completed', attempts: 2 });
  });

  it('ends with the exit code of the recorded answer when it replays', async () => {
    await using emulator = await createEmulator({ scenario: 'closed-in-the-middle' });
    const file = join(folder, 'cut.ndjson');
    const recorded = await runHere(['record', file, '--base-url', emulator.url, 'Tell me about rivers']);
    const replayed = await runHere(['replay', file, '--speed', '0']);
    expect(replayed.stdout).toBe(recorded.stdout);
    expect(replayed.exitCode).toBe(recorded.exitCode);
    expect(replayed.exitCode).not.toBe(0);
  });

  it.for([
    ['record', 'expected FILE'],
    ['record TAPE prompt -- true', 'got both'],
    ['record TAPE --vertex hi', 'Vertex'],
    ['record TAPE --base-url http://gateway.example hi', 'https'],
    ['record TAPE --base-url nowhere hi', 'https'],
    ['record TAPE --', 'COMMAND'],
    ['replay EMPTY --', 'COMMAND'],
    ['replay', 'expected one FILE'],
    ['replay TAPE', 'no such file'],
    ['replay PAGE', 'cassette'],
    ['replay EMPTY', 'no streamed answer'],
    ['replay EMPTY --speed -1', 'speed'],
  ] as const)('explains %j in one line, and leaves no file', async ([line, message]) => {
    const own = await mkdtemp(join(folder, 'usage-'));
    const files = { TAPE: join(own, 'tape.ndjson'), PAGE: join(own, 'page.html'), EMPTY: join(own, 'empty.ndjson') };
    await writeFile(files.PAGE, '<h1>no cassette</h1>');
    await writeFile(files.EMPTY, '{"cassette":1,"recordedAt":"2026-01-01T00:00:00.000Z"}\n');
    const run = await runHere(line.split(' ').map((word) => files[word as keyof typeof files] ?? word));
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(new RegExp(`^gemini-stream: [^\n]*${message}[^\n]*\n$`));
    await expect(stat(files.TAPE)).rejects.toThrow('ENOENT');
  });
});

describe('gemini-stream emulate', { timeout: commandTimeoutMs }, () => {
  it('runs the command of the emulator package', async () => {
    const help = await runCommand(['emulate', '--help']);
    expect(help).toMatchObject({ exitCode: 0, stderr: '' });
    expect(help.stdout).toContain('gemini-stream emulate [options]');
    const wrong = await runCommand(['emulate', '--port', 'many']);
    expect(wrong).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/^gemini-stream emulate: --port/),
    });
    const command = await runCommand(['emulate', '--pace', '0', ...program(askFor('gemini-flash-latest'))]);
    expect(command).toMatchObject({ exitCode: 7, stdout: expect.stringContaining('data: {"candidates"') });
  });
});
