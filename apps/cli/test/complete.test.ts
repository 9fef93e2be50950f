import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTable } from '../src/command-table.ts';
import { commandTimeoutMs, runCommand, runShell } from './run-command.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
  await mkdir(join(folder, 'tapes'));
  await writeFile(join(folder, 'tapes', 'bug.ndjson'), '');
  await writeFile(join(folder, 'tape.sse'), '');
});
afterAll(() => rm(folder, { recursive: true }));

/** The completions of some words, without their descriptions. */
async function completions(...words: string[]): Promise<string[]> {
  const { stdout, exitCode } = await runCommand(['complete', '--', ...words], { cwd: folder });
  expect(exitCode).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.pop()).toMatch(/^:\d+$/);
  return lines.map((line) => line.split('\t')[0] ?? '');
}

// With the function of the package bash-completion that the script uses. Outside of a real completion, compopt fails.
const bashCompletion =
  '_get_comp_words_by_ref() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${COMP_WORDS[COMP_CWORD]}; }; ' +
  'compopt() { :; }; source <(gemini-stream complete bash)';

describe('gemini-stream complete', { timeout: commandTimeoutMs }, () => {
  it('completes the commands', async () => {
    expect(await completions('')).toEqual([...commandTable.map(({ name }) => name), 'help']);
    expect(await completions('do')).toEqual(['doctor']);
    expect(await completions('help', 'ver')).toEqual(['verify']);
  });

  it('completes the options of a command, and those of a prompt', async () => {
    expect(await completions('verify', '--r')).toEqual(['--runs', '--report']);
    expect(await completions('chat', '--no-')).toEqual(['--no-save', '--no-wrap', '--no-emulator']);
    expect(await completions('--js')).toEqual(['--json-schema', '--json']);
    expect(await completions('doctor', 'https://a.example', '-')).toContain('-d');
  });

  it('completes values and files', async () => {
    expect(await completions('chat', '--api', '')).toEqual(['generate-content', 'interactions']);
    expect(await completions('--model=gemini-p')).toEqual(['gemini-pro-latest']);
    expect(await completions('demo', '--recording', 't')).toEqual(expect.arrayContaining(['tapes/', 'tape.sse']));
    expect(await completions('-f', 'tapes/')).toEqual(['tapes/bug.ndjson']);
    expect(await completions('replay', 'tapes/b')).toEqual(['tapes/bug.ndjson']);
    expect(await completions('complete', 'f')).toEqual(['fish']);
    expect(await completions('chat', '--config', 'no')).toEqual(['none']);
    expect(await completions('chat', '--config', 'tape.')).toEqual(['tape.sse']);
  });

  it.for(['bash', 'zsh', 'fish', 'powershell'])('prints the script of %s', async (shell) => {
    const { stdout, stderr, exitCode } = await runCommand(['complete', shell]);
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    expect(stdout).toMatch(/gemini-stream complete '?--/);
  });

  it('prints a script that completes in bash', async () => {
    const line = 'COMP_WORDS=(gemini-stream ver); COMP_CWORD=1; __gemini_stream_complete; echo "${COMPREPLY[@]}"';
    const run = await runShell(`${bashCompletion}; ${line}`, {});
    expect(run).toMatchObject({ stdout: 'verify\n', exitCode: 0 });
  });

  it('runs nothing of what is typed when Tab is pressed in bash', async () => {
    const typed = `COMP_WORDS=(gemini-stream '$(echo run >&3)' '\`echo run >&3\`' $'a\\necho run >&3' '"; echo run >&3 #' --mod)`;
    const line = `${typed}; COMP_CWORD=5; __gemini_stream_complete 3>&1; echo "\${COMPREPLY[@]}"`;
    const run = await runShell(`${bashCompletion}; ${line}`, {});
    expect(run).toMatchObject({ stdout: '--model\n', exitCode: 0 });
  });

  it('refuses an unknown shell', async () => {
    const run = await runCommand(['complete', 'tcsh']);
    expect(run).toMatchObject({ stdout: '', exitCode: 2 });
    expect(run.stderr).toBe('gemini-stream: complete: expected a shell (bash, zsh, fish, powershell), got tcsh\n');
  });
});
