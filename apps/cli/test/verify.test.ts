import { createEmulator } from '@gemini/emulator';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { commandTimeoutMs, runCommand, startCommand } from './run-command.ts';
import { runHere } from './run-here.ts';

// Events far enough apart for a busy machine to tell them from a block; at the other pace it may take them for one.
const paced = { pace: { timeToFirstTokenMs: 20, tokensPerSecond: 100, burst: 4 } };
const fast = { pace: { timeToFirstTokenMs: 20, tokensPerSecond: 1_000, burst: 4 } };
function at(url: string, ...args: string[]) {
  return runHere(['verify', '--base-url', url, ...args, 'Count slowly from 1 to 6']);
}
function lines(stdout: string) {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('gemini-stream verify', { timeout: commandTimeoutMs }, () => {
  it('measures several runs and compares each figure with its limit', async () => {
    await using emulator = await createEmulator(paced);
    const { stdout, stderr, exitCode } = await at(emulator.url, '--runs', '2', '--screen-ms', '10000');
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^ {2}run 1 of 2 {2}\d+ events · first \d+ ms · interval p50 [\d.]+ ms · to screen p50/);
    expect(stdout).toContain('✓ complete          2 of 2');
    for (const name of ['first event', 'interval', 'server to screen', 'not in blocks']) expect(stdout).toContain(name);
    expect(exitCode).toBe(stdout.includes('✗') ? 1 : 0);
    expect(emulator.requests.filter(({ path }) => path.includes('stream'))).toHaveLength(2);
  });

  it('exits with 1 if a limit is exceeded', async () => {
    await using emulator = await createEmulator(fast);
    const { stdout, exitCode } = await at(emulator.url, '-n', '1', '--first-ms', '1');
    expect(stdout).toMatch(/✗ first event +\d+ ms \(at most 1\.0 ms\)/);
    expect(exitCode).toBe(1);
  });

  it('writes each run as one line of JSON, with the end last', async () => {
    await using emulator = await createEmulator(fast);
    const { stdout, exitCode } = await at(emulator.url, '-n', '2', '--json', '--screen-ms', '10000');
    const [first, second, end, ...more] = lines(stdout);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ type: 'run', run: 1, status: 'completed' });
    expect(second).toMatchObject({ type: 'run', run: 2 });
    const [event] = (first ?? {})['events'] as { sentMs: number; arrivedMs: number; shownMs: number; bytes: number }[];
    expect(event?.sentMs).toBeGreaterThan(0);
    expect(event?.arrivedMs).toBeGreaterThan(event?.sentMs ?? Infinity);
    expect(event?.shownMs).toBeGreaterThanOrEqual(event?.arrivedMs ?? Infinity);
    expect(event?.bytes).toBeGreaterThan(50);
    expect(end).toMatchObject({ type: 'end', emulated: false, runs: 2, bars: { serverToScreenMs: 10_000 } });
    expect(exitCode).toBe(end?.['passed'] === true ? 0 : 1);
    // What was said is no part of a measurement.
    expect(stdout).not.toContain('Count');
  });

  it('never reports a buffered answer as live', async () => {
    await using emulator = await createEmulator({ ...paced, scenario: 'buffered' });
    const { stdout, exitCode } = await at(emulator.url, '-n', '1');
    expect(stdout).toContain('✗ not in blocks     buffered');
    expect(exitCode).toBe(1);
  });

  it.for([
    ['always-unavailable', 1],
    ['no-finish-reason', 5],
    ['blocked-prompt', 4],
  ] as const)('ends as a run of %s ends', async ([scenario, code]) => {
    await using emulator = await createEmulator({ scenario });
    const { stdout, exitCode } = await at(await emulator.urlOf(scenario), '-n', '1', '--json');
    expect(exitCode).toBe(code);
    expect(lines(stdout).at(-1)).toMatchObject({ type: 'end', passed: false });
  });

  it('escapes the error message of a server', async () => {
    const body = Buffer.from(
      `data: ${JSON.stringify({ error: { code: 503, message: 'Busy \u001b]0;title\u0007' } })}\r\n\r\n`,
    );
    await using emulator = await createEmulator({ recording: { body } });
    const { stdout } = await at(emulator.url, '-n', '1');
    expect(stdout).toContain('Busy ␛]0;title␇');
  });

  it('writes its report as a page', async () => {
    await using emulator = await createEmulator(fast);
    const folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
    const path = join(folder, 'verify.html');
    const { stderr } = await at(emulator.url, '-n', '2', '--report', path);
    const page = await readFile(path, 'utf8');
    await rm(folder, { recursive: true });
    expect(stderr).toContain(path);
    expect(page).toContain('<h3>Run 2</h3>');
    expect(page).toContain('class="sent"');
  });

  it('starts an emulator if there is no key', async () => {
    const { stdout, stderr } = await runCommand(['verify', '-n', '1', '--json', 'Say hello']);
    expect(stderr).toContain('emulator');
    expect(lines(stdout).at(-1)).toMatchObject({ type: 'end', emulated: true });
  });

  it.for([
    [['--runs', '0'], '--runs'],
    [['--first-ms', 'soon'], '--first-ms'],
    [['--report', '/nowhere/at/all.html', 'hi'], 'cannot write'],
  ] as const)('explains %j in one line', async ([args, message]) => {
    const { stdout, stderr, exitCode } = await runHere(['verify', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('an interrupt', { timeout: commandTimeoutMs }, () => {
  it.for([
    ['verify', (url: string) => ['verify', '--base-url', url], /^ {2}run 1 of 3 .* stopped$/m],
    ['demo', (url: string) => ['demo', '--base-url', url], /not in blocks/],
    ['doctor', (url: string) => ['doctor', url], /^ {2}arrived/m],
  ] as const)('ends %s with what there is', async ([, args, told]) => {
    await using emulator = await createEmulator({ pace: { tokensPerSecond: 20, burst: 1 } });
    const child = startCommand(args(emulator.url));
    const [request] = await emulator.whenReceived(1);
    while ((request?.writesCount ?? 0) < 3) await nextTurn();
    child.kill('SIGINT');
    const [stdout] = await Promise.all([child.stdout === null ? '' : text(child.stdout), once(child, 'close')]);
    expect(child.exitCode).toBe(130);
    expect(stdout).toMatch(told);
    expect(emulator.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});
