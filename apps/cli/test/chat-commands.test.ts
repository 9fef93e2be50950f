import { createEmulator } from '@gemini/emulator';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TokenCount } from '../src/chat/token-count.ts';
import { commandTimeoutMs, runCommand } from './run-command.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A conversation from a pipe: its requests, and its output. */
async function converse(lines: readonly string[], words: readonly string[] = []) {
  await using emulator = await createEmulator();
  const env = { GEMINI_BASE_URL: emulator.url };
  const run = await runCommand(['chat', ...words], { env, input: lines.join('\n') });
  const requests = emulator.requests.map(({ path, body }) => ({ path, ...(body as { contents: unknown[] }) }));
  return { ...run, requests };
}

describe('a command of a conversation', { timeout: commandTimeoutMs }, () => {
  it('/help lists all commands, and sends nothing', async () => {
    const { stdout, stderr, exitCode, requests } = await converse(['/help']);
    expect({ stdout, exitCode, requests }).toEqual({ stdout: '', exitCode: 0, requests: [] });
    for (const name of ['model', 'system', 'save', 'retry', 'clear', 'usage', 'exit']) {
      expect(stderr).toMatch(new RegExp(`^ {2}/${name}\\b.* {2}\\w`, 'm'));
    }
    expect(stderr).toContain('//TEXT');
  });

  it.for([
    ['/modle x', 'unknown command /modle: did you mean /model?'],
    ['/quit', 'unknown command /quit: /help lists the commands (a message that begins with / is written with //)'],
    ['/retry', '/retry: there is no message to send again'],
    ['/clear now', '/clear takes nothing after it'],
    ['/save', '/save needs a file: /save FILE'],
    ['/save no/such/folder/x', 'cannot save to no/such/folder/x: no such folder'],
    ['/model ../x', '/model: expected a name such as gemini-flash-latest, got "../x"'],
  ])('%j is an error that ends a conversation from a pipe', async ([line = '', message]) => {
    const { stderr, exitCode, requests } = await converse([line, 'Say never']);
    expect({ exitCode, requests }).toEqual({ exitCode: 2, requests: [] });
    expect(stderr).toMatch(/^gemini-stream: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });

  it('/model and /system change the next requests, and keep the conversation', async () => {
    const lines = ['/model', 'Say one', '/model gemini-3-pro', '/system Be kind.', 'Say two', '/system -', 'Say three'];
    const { stderr, requests } = await converse(lines, ['-m', 'gemini-2.5-pro', '-s', 'Be brief.']);
    expect(requests.map(({ path }) => /models\/([^:]+)/.exec(path)?.[1])).toEqual([
      'gemini-2.5-pro',
      'gemini-3-pro',
      'gemini-3-pro',
    ]);
    expect(requests.map((request) => ('systemInstruction' in request ? request.systemInstruction : undefined))).toEqual(
      [{ role: 'user', parts: [{ text: 'Be brief.' }] }, { role: 'user', parts: [{ text: 'Be kind.' }] }, undefined],
    );
    expect(requests.map(({ contents }) => contents.length)).toEqual([1, 3, 5]);
    expect(stderr).toBe(
      'model: gemini-2.5-pro\nmodel: gemini-3-pro\nsystem instruction: Be kind.\nsystem instruction: none\n',
    );
  });

  it('/model shows the default too', async () => {
    const { stderr, requests } = await converse(['/model', 'Say one']);
    const [, model] = /^model: (\S+) \(the default\)\n$/.exec(stderr) ?? [];
    expect(requests[0]?.path).toContain(`/models/${model}:`);
  });

  it('/retry sends the last turn again, and replaces its answer', async () => {
    const { stdout, requests } = await converse(['Say one', 'Say two', '/retry', 'Say three']);
    expect(stdout).toBe('one\ntwo\ntwo\nthree\n');
    expect(requests[2]).toEqual(requests[1]);
    expect(requests[3]?.contents).toHaveLength(5);
  });

  it('/clear starts over', async () => {
    const { requests } = await converse(['Say one', '/clear', 'Say two'], ['-s', 'Be kind.']);
    expect(requests[1]).toMatchObject({ contents: [{ parts: [{ text: 'Say two' }] }], systemInstruction: {} });
  });

  it('/usage shows the tokens of the last answer, and of all', async () => {
    const { stderr } = await converse(['/usage', 'Say one', 'Say two', '/usage']);
    const count = '([\\d,]+) tokens · [\\d,]+ prompt · [\\d,]+ answer[^\n]*';
    const shown = new RegExp(`^no answer yet\nlast answer: ${count}\n2 answers: ${count}\n$`).exec(stderr);
    expect(shown).not.toBeNull();
    expect(Number(shown?.[2])).toBeGreaterThan(Number(shown?.[1]));
  });

  it('/save writes a file that --resume reads, and never overwrites one silently', async () => {
    const [file, other] = [join(folder, 'a talk.json'), join(folder, 'other.json')];
    await writeFile(other, 'mine');
    expect((await converse(['My name is Ada.', `/save ${file}`])).exitCode).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8'))).toHaveLength(2);
    expect((await converse(['What is my name?'], ['--resume', file])).stdout).toContain('Ada');
    const refused = await converse(['Say one', `/save ${other}`]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(`${other} exists: /save --force ${other} overwrites it`);
    expect(await readFile(other, 'utf8')).toBe('mine');
    expect((await converse(['Say one', `/save --force ${other}`])).exitCode).toBe(0);
    expect(JSON.parse(await readFile(other, 'utf8'))).toHaveLength(2);
  });

  it('acts on a conversation that the Interactions API keeps, too', async () => {
    await using emulator = await createEmulator();
    const env = { GEMINI_BASE_URL: emulator.url };
    const input = 'Say one\nSay two\n/retry\n/model gemini-3-pro\n/clear\nSay three\n/save x.json';
    const run = await runCommand(['chat', '--api', 'interactions'], { env, input });
    const bodies = emulator.requests.map(({ body }) => body as Record<string, unknown>);
    expect(bodies[2]).toEqual(bodies[1]);
    expect(bodies[1]?.['previous_interaction_id']).toBeTypeOf('string');
    expect(bodies[3]).toMatchObject({ model: 'gemini-3-pro' });
    expect(bodies[3]?.['previous_interaction_id']).toBeUndefined();
    expect(run).toMatchObject({ exitCode: 2, stdout: 'one\ntwo\ntwo\nthree\n' });
    expect(run.stderr).toContain('/save: the Interactions API keeps this conversation: --interaction ');
  });
});

it('the token count reports answers without a count', () => {
  const tokens = new TokenCount();
  tokens.add({ usage: { promptTokenCount: 1_000, candidatesTokenCount: 20, thoughtsTokenCount: 3 } });
  tokens.add({ usage: undefined });
  expect(tokens.text).toBe(
    'last answer: not reported by the server\n2 answers: 1,023 tokens · 1,000 prompt · 20 answer · 3 thoughts (1 not reported)',
  );
});
