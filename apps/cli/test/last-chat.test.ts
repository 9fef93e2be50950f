import { createEmulator } from '@gemini/emulator';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLastChat, saveLastChat } from '../src/chat/last-chat.ts';
import { commandTimeoutMs, runCommand } from './run-command.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** An emulator, and a folder of its own for what the command remembers. */
async function setUp() {
  const emulator = await createEmulator();
  const state = await mkdtemp(join(folder, 'state-'));
  const chat = (input: string, ...words: string[]) =>
    runCommand(['chat', ...words], { env: { GEMINI_BASE_URL: emulator.url, XDG_STATE_HOME: state }, input });
  const path = join(state, 'gemini-stream', 'last-chat.json');
  return { emulator, state, chat, path, [Symbol.asyncDispose]: () => emulator.close() };
}

describe('chat --continue', { timeout: commandTimeoutMs }, () => {
  it('continues the last chat with its model and system instruction', async () => {
    await using setup = await setUp();
    await setup.chat('My name is Ada.\n/model gemini-3-pro\n/system Be kind.\nSay yes', '--save');
    const { stdout, exitCode } = await setup.chat('What is my name?', '--continue');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringContaining('Ada') });
    const last = setup.emulator.requests.at(-1);
    expect(last?.path).toContain('gemini-3-pro');
    expect(last?.body).toMatchObject({ systemInstruction: { parts: [{ text: 'Be kind.' }] } });
    // The turn is part of the last chat now, and the command line wins over what was saved.
    await setup.chat('Say no', '-c', '-m', 'gemini-2.5-pro');
    expect(setup.emulator.requests.at(-1)?.path).toContain('gemini-2.5-pro');
    expect(readLastChat(setup.path).history).toHaveLength(8);
  });

  it('keeps the chat in a file that only its owner can read', async () => {
    await using setup = await setUp();
    await setup.chat('Say yes', '--save');
    expect((await stat(setup.path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(setup.path, '..'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(setup.path, '..'))).toEqual(['last-chat.json']);
  });

  it('keeps no chat from a pipe, and with --no-save, --resume or a configuration that says so', async () => {
    await using setup = await setUp();
    await setup.chat('Say yes');
    await setup.chat('Say yes', '--save', '--no-save');
    await setup.chat('Say yes', '--save', '--resume', join(setup.state, 'own.json'));
    const config = join(setup.state, 'config.json');
    await writeFile(config, '{"save": false}');
    await setup.chat('Say yes', '--config', config);
    expect(existsSync(setup.path)).toBe(false);
    const { stderr, exitCode } = await setup.chat('Say yes', '--continue');
    expect({ stderr, exitCode }).toEqual({
      stderr: 'gemini-stream: there is no chat to continue: chat saves one after each answer\n',
      exitCode: 2,
    });
  });

  it('refuses a damaged file and leaves it alone; a new chat keeps it aside', async () => {
    await using setup = await setUp();
    await mkdir(join(setup.path, '..'));
    await writeFile(setup.path, '{"version":1,"history":[{"role":"user"');
    const refused = await setup.chat('Say yes', '--continue');
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain(`the last chat in ${setup.path} is damaged`);
    expect(setup.emulator.requests).toEqual([]);
    const { stderr } = await setup.chat('Say yes', '--save');
    const aside = /it is kept in (\S+)\n/.exec(stderr)?.[1] ?? '';
    expect(await readFile(aside, 'utf8')).toBe('{"version":1,"history":[{"role":"user"');
    expect(readLastChat(setup.path).history).toHaveLength(2);
  });

  it('continues a conversation that the Interactions API keeps', async () => {
    await using setup = await setUp();
    await setup.chat('My name is Ada.', '--save', '--api', 'interactions');
    expect((await setup.chat('What is my name?', '--continue')).stdout).toContain('Ada');
    expect((await setup.chat('hi', '--continue', '--api', 'generate-content')).stderr).toContain(
      '--continue: the last chat used --api interactions',
    );
    expect((await setup.chat('hi', '--continue', '--resume', 'x.json')).stderr).toContain('leave out --resume');
  });

  it('leaves the oldest turns out of a chat that is too long, whole turns at a time, and counts them', () => {
    const path = join(folder, 'long', 'last-chat.json');
    const call = { functionCall: { name: 'f', args: {} } };
    const turn = (text: string) => [
      { role: 'user', parts: [{ text }] },
      { role: 'model', parts: [call] },
      { role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] },
      { role: 'model', parts: [{ text: 'x'.repeat(100) }] },
    ];
    const history = Array.from({ length: 50 }, (_, index) => turn(`turn ${index}`)).flat();
    saveLastChat({ history, omitted: 2 }, path, 4_096);
    const { history: kept = [], omitted = 0 } = readLastChat(path);
    expect(kept.length).toBeGreaterThan(4);
    expect(kept.length % 4).toBe(0);
    expect(omitted).toBe(2 + history.length - kept.length);
    expect(kept).toEqual(history.slice(-kept.length));
    // The last turn is kept, whatever its size.
    saveLastChat({ history: turn('x'.repeat(9_000)) }, path, 4_096);
    expect(readLastChat(path).history).toHaveLength(4);
  });
});
