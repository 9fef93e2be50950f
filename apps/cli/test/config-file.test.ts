import { createEmulator } from '@gemini/emulator';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTimeoutMs, runCommand } from './run-command.ts';
import { runHere } from './run-here.ts';

let folder = '';
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(content: unknown): Promise<string> {
  const path = join(folder, `${(files += 1)}.json`);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('the configuration file', { timeout: commandTimeoutMs }, () => {
  it('sets defaults of the options, which the command line replaces', async () => {
    await using emulator = await createEmulator();
    const path = await fileOf({ 'base-url': emulator.url, system: 'Be kind.', temperature: 0.5, stop: ['END'] });
    await runHere(['--config', path, 'hi']);
    await runHere(['--config', path, '--system', 'Be brief.', '--stop', 'X', 'hi']);
    expect(emulator.requests.map(({ body }) => body)).toMatchObject([
      {
        systemInstruction: { parts: [{ text: 'Be kind.' }] },
        generationConfig: { temperature: 0.5, stopSequences: ['END'] },
      },
      {
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        generationConfig: { temperature: 0.5, stopSequences: ['X'] },
      },
    ]);
  });

  it('is found below XDG_CONFIG_HOME, and loses to the environment', async () => {
    await using emulator = await createEmulator();
    await mkdir(join(folder, 'gemini-stream'));
    const settings = { model: 'gemini-3-pro', 'base-url': 'http://127.0.0.1:1' };
    await writeFile(join(folder, 'gemini-stream', 'config.json'), JSON.stringify(settings));
    const env = { XDG_CONFIG_HOME: folder, GEMINI_BASE_URL: emulator.url };
    expect((await runCommand(['hi'], { env })).exitCode).toBe(0);
    expect((await runCommand(['hi'], { env: { ...env, GEMINI_MODEL: 'gemini-2.5-pro' } })).exitCode).toBe(0);
    expect((await runCommand(['hi', '--config', 'none'], { env })).exitCode).toBe(0);
    expect(emulator.requests.map(({ path }) => /models\/([^:]+)/.exec(path)?.[1])).toEqual([
      'gemini-3-pro',
      'gemini-2.5-pro',
      'gemini-flash-latest',
    ]);
  });

  it('is left aside by a command that has none of its options, and refused by bench and doctor', async () => {
    const path = await fileOf({ model: 'gemini-3-pro' });
    expect((await runHere(['replay', '--config', path])).stderr).toContain('expected one FILE');
    expect((await runHere(['bench', '--config', path])).stderr).toContain('unknown option --config');
    expect((await runHere(['doctor', '--config', path])).stderr).toContain('unknown option --config');
  });

  it.for<[content: unknown, message: string]>([
    [{ modle: 'x' }, 'unknown setting modle: did you mean model?'],
    [{ baseUrl: 'x' }, 'unknown setting baseUrl: did you mean base-url?'],
    [{ colour: 'x' }, 'unknown setting colour: expected one of model, base-url'],
    [{ 'api-key': 'k-9876' }, 'api-key does not belong in a file: set GEMINI_API_KEY in the environment'],
    [{ GEMINI_API_KEY: 'k-9876' }, 'GEMINI_API_KEY does not belong in a file'],
    [{ model: { name: 'k-9876' } }, 'model: expected a text or a number, got an object'],
    [{ thinking: 'k-9876' }, 'thinking: expected true or false, got a string'],
    [{ stop: ['a', null] }, 'stop: expected a list of texts, got null'],
    ['{"model": "k-9876"\n "x"}', 'is not JSON (line 2 column 2)'],
    [['k-9876'], 'expected a JSON object'],
  ])('is refused with its fault, and without its values: %j', async ([content, message]) => {
    const path = await fileOf(content);
    const run = await runHere(['--config', path, '--emulator', 'hi']);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(`gemini-stream: ${path}`);
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toContain('k-9876');
  });

  it('must exist if it is named', async () => {
    const run = await runHere(['--config', join(folder, 'no.json'), '--emulator', 'hi']);
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no such file') });
  });
});
