import { createEmulator } from '@gemini/emulator';
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.concurrent('gemini-stream chat', () => {
  it('takes each line of a pipe as a message, and remembers', async () => {
    await using emulator = await createEmulator();
    const run = await runCommand(['chat', '-s', 'Be kind.', '-t', '0'], {
      env: { GEMINI_BASE_URL: emulator.url },
      input: 'My name is Ada.\n\nWhat is my name?\n/exit\nSay never',
    });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toMatch(/\n[^\n]*Ada[^\n]*\n$/);
    expect(emulator.requests).toHaveLength(2);
    expect(emulator.requests[1]?.body).toMatchObject({
      contents: [{ role: 'user' }, { role: 'model' }, { role: 'user', parts: [{ text: 'What is my name?' }] }],
      systemInstruction: { parts: [{ text: 'Be kind.' }] },
      generationConfig: { temperature: 0 },
    });
  });

  it('keeps the conversation in a file that is its own, and goes on with it', async () => {
    await using emulator = await createEmulator();
    const env = { GEMINI_BASE_URL: emulator.url };
    const own = await mkdtemp(join(folder, 'resume-'));
    const [file, link] = [join(own, 'talk.json'), join(own, 'link.json')];
    await writeFile(file, '[]');
    await chmod(file, 0o644);
    await symlink(file, link);
    await runCommand(['chat', '--resume', link], { env, input: 'My name is Ada.' });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const kept = JSON.parse(await readFile(file, 'utf8')) as unknown[];
    expect(kept).toMatchObject([{ role: 'user', parts: [{ text: 'My name is Ada.' }] }, { role: 'model' }]);
    const { stdout } = await runCommand(['chat', '--resume', link], { env, input: 'What is my name?' });
    expect(stdout).toContain('Ada');
    expect(JSON.parse(await readFile(file, 'utf8'))).toHaveLength(4);
    expect((await readdir(own)).toSorted()).toEqual(['link.json', 'talk.json']);
  });

  it('ends a pipe at its first answer that fails, with what had come kept', async () => {
    await using emulator = await createEmulator({ scenario: 'closed-in-the-middle' });
    const file = join(folder, 'cut.json');
    const run = await runCommand(['chat', '--resume', file], {
      env: { GEMINI_BASE_URL: emulator.url },
      input: 'Tell me about rivers\nAnd lakes?\n',
    });
    expect(run.exitCode).toBe(3);
    expect(emulator.requests).toHaveLength(1);
    const [, answer] = JSON.parse(await readFile(file, 'utf8')) as { parts: { text: string }[] }[];
    expect(answer?.parts.map(({ text }) => text).join('')).toBe(run.stdout.trimEnd());
  });

  it.for([
    [['chat', 'hello'], 'its input'],
    [['chat', '--resume', 'page.html'], 'not JSON'],
    [['chat', '--resume', 'object.json'], 'JSON array'],
    [['chat', '--resume', 'wrong.json'], 'history[0].role'],
    [['chat', '--resume', 'no/such/folder.json'], 'ENOENT'],
  ] as const)('explains %j in one line, and leaves the file alone', async ([words, message]) => {
    const cwd = await mkdtemp(join(folder, 'usage-'));
    const files = { 'page.html': '<h1>', 'object.json': '{}', 'wrong.json': '[{"role":"assistant","parts":[]}]' };
    await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(cwd, name), text)));
    const run = await runCommand(words, { cwd, input: 'hi' });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    for (const [name, text] of Object.entries(files)) expect(await readFile(join(cwd, name), 'utf8')).toBe(text);
  });
});
