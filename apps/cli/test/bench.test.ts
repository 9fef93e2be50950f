import { createEmulator } from '@gemini/emulator';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { commandTimeoutMs, runCommand, runShell, startCommand } from './run-command.ts';
import { runHere } from './run-here.ts';

function linesOf(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('gemini-stream bench', { timeout: commandTimeoutMs }, () => {
  it('keeps the given number of streams open, and reports their figures', async () => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 200 } });
    const words = ['bench', '-n', '3', '-d', '1.8', '--json', '--base-url', emulator.url, 'Count from 1 to 5'];
    const { stdout, exitCode } = await runHere(words);
    expect(exitCode).toBe(0);
    const [progress, ...more] = linesOf(stdout);
    const end = more.at(-1);
    expect(progress).toMatchObject({ type: 'progress' });
    expect(end).toMatchObject({ type: 'end', streams: 3, emulated: false, interrupted: false, failures: {} });
    const completed = Number(end?.['completed']);
    expect(completed).toBeGreaterThan(0);
    // The last may have been given up on its way.
    expect(emulator.requests.length).toBeGreaterThanOrEqual(completed);
    expect(emulator.requests.length).toBeLessThanOrEqual(completed + Number(end?.['unfinished']));
    expect(Number(end?.['unfinished'])).toBeLessThanOrEqual(3);
    expect(end?.['gaps']).toMatchObject({ p50Ms: expect.any(Number), p99Ms: expect.any(Number) });
    expect(end?.['verdicts']).not.toEqual({});
  });

  it('starts an emulator if no server is named, even if there is a key', async () => {
    const run = await runCommand(['bench', '-n', '1', '-d', '0.7', 'Say yes'], {
      env: { GEMINI_API_KEY: 'a-key-5678' },
    });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toMatch(/^1 stream for \d\.\d s at the emulator in this process\n\n {2}streams +\d+ completed/);
  });

  it('counts failures by kind, and exits with the code of the first', async () => {
    await using emulator = await createEmulator({ scenario: 'always-unavailable' });
    const run = await runHere(['bench', '-n', '2', '-d', '1.5', '--json', '--base-url', emulator.url]);
    expect(run.exitCode).toBe(1);
    const end = linesOf(run.stdout).at(-1);
    expect(end).toMatchObject({ completed: 0, failures: { 'api-error 503 UNAVAILABLE': expect.any(Number) } });
    // Each place waits after a failure, so it cannot be thousands.
    expect(emulator.requests.length).toBeLessThan(12);
  });

  it('prints the figures so far on Ctrl-C', async () => {
    await using emulator = await createEmulator();
    const child = startCommand(['bench', '-n', '2', '-d', '60', '--base-url', emulator.url]);
    if (child.stdout === null) throw new Error('expected a pipe');
    const stdout = text(child.stdout);
    await emulator.whenReceived(3);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(await stdout).toMatch(/first text +p50 \d/);
  });

  it('exits without an error message when its reader closes the pipe', async () => {
    const run = await runShell('gemini-stream bench -d 1.8 --json | head -1; exit ${PIPESTATUS[0]}', {});
    expect(run).toMatchObject({ stderr: '', exitCode: 0 });
    expect(linesOf(run.stdout)).toMatchObject([{ type: 'progress' }]);
  });

  it.for([
    [['--streams', '0'], '--streams'],
    [['--duration', 'long'], '--duration'],
    [['--no-emulator'], '--no-emulator'],
  ] as const)('explains %j in one line', async ([words, message]) => {
    const run = await runHere(['bench', ...words]);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain(message);
  });
});
