import { createEmulator } from '@gemini/emulator';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTimeoutMs, runCommand, startCommand } from './run-command.ts';
import { runHere } from './run-here.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The last message of a request. */
function textOf({ body }: { readonly body: unknown }): string {
  const { contents } = body as { contents: { parts: { text: string }[] }[] };
  return (
    contents
      .at(-1)
      ?.parts.map(({ text }) => text)
      .join('') ?? ''
  );
}

describe('gemini-stream chat', { timeout: commandTimeoutMs }, () => {
  it('sends each line of a pipe as a message of one conversation', async () => {
    await using emulator = await createEmulator();
    const run = await runCommand(['chat', '-s', 'Be kind.', '-t', '0'], {
      env: { GEMINI_BASE_URL: emulator.url },
      input: 'My name is Ada.\r\n\nWhat is my name?\n/exit\nSay never',
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

  it('ends a piped message only at a line feed', async () => {
    await using emulator = await createEmulator();
    await runCommand(['chat'], { env: { GEMINI_BASE_URL: emulator.url }, input: 'Say\u2028yes\u2029\u0085or no' });
    expect(emulator.requests).toMatchObject([
      { body: { contents: [{ parts: [{ text: 'Say\u2028yes\u2029\u0085or no' }] }] } },
    ]);
  });

  it('sends a message that begins with //, and text that only resembles a command', async () => {
    await using emulator = await createEmulator();
    const run = await runCommand(['chat'], { env: { GEMINI_BASE_URL: emulator.url }, input: '/etc/hosts?\n//help\n' });
    expect(run.exitCode).toBe(0);
    expect(emulator.requests.map(textOf)).toEqual(['/etc/hosts?', '/help']);
  });

  it('ends at /exit, even if its input stays open', async () => {
    await using emulator = await createEmulator();
    const child = startCommand(['chat'], { env: { GEMINI_BASE_URL: emulator.url }, input: undefined });
    child.stdin?.write('Say yes\n/exit\n');
    child.stdout?.resume();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('saves the conversation in a private file, and resumes it', async () => {
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

  it('ends at the first answer of a pipe that fails, and saves the conversation so far', async () => {
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
    ['chat hello', 'standard input'],
    ['chat --resume PAGE', 'not JSON'],
    ['chat --resume OBJECT', 'JSON array'],
    ['chat --base-url http://127.0.0.1:1 --resume WRONG', 'history\\[0\\].role'],
    ['chat --resume FOLDER', 'ENOENT'],
  ] as const)('explains %j in one line, and leaves the file alone', async ([line, message]) => {
    const own = await mkdtemp(join(folder, 'usage-'));
    const texts = { PAGE: '<h1>', OBJECT: '{}', WRONG: '[{"role":"assistant","parts":[]}]' };
    await Promise.all(Object.entries(texts).map(([name, text]) => writeFile(join(own, name), text)));
    const paths: Record<string, string> = { FOLDER: join(own, 'no/such.json') };
    for (const name of Object.keys(texts)) paths[name] = join(own, name);
    const run = await runHere(line.split(' ').map((word) => paths[word] ?? word));
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(new RegExp(`^gemini-stream: [^\n]*${message}[^\n]*\n$`));
    for (const [name, text] of Object.entries(texts)) expect(await readFile(join(own, name), 'utf8')).toBe(text);
  });
});
