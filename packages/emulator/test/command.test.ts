import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, type Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { readArguments } from '../src/command/arguments.ts';
import { runCommand } from '../src/command/run-command.ts';
import { readOptions } from '../src/command/arguments.ts';
import { createEmulator, readCassette } from '../src/index.ts';
import { ask, rawRequest, streamPath } from './raw-request.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

function start(...args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command as its own process. */
async function run(...args: readonly string[]): Promise<Run> {
  const child = start(...args);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Stands in for the process of a command that runs in this one. */
class Host extends EventEmitter {
  readonly env = {};
  readonly stdout = new PassThrough({ encoding: 'utf8' });
  readonly stderr = new PassThrough({ encoding: 'utf8' });
  readonly exit = vi.fn<(code: number) => void>();

  run(...args: readonly string[]): Promise<number> {
    return runCommand(args, 'gemini-emulator', this as never);
  }
}

/** Runs the command in this process. */
async function runHere(...args: readonly string[]): Promise<Run> {
  const host = new Host();
  const code = await host.run(...args);
  return { code, stdout: String(host.stdout.read() ?? ''), stderr: String(host.stderr.read() ?? '') };
}

async function readyUrl(child: ChildProcessByStdio<null, Readable, Readable>): Promise<string> {
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return /listening on (http:\S+)\n$/u.exec(line)?.[1] ?? '';
}

// A child takes seconds to start on a busy machine.
describe('gemini-emulator', { timeout: 120_000 }, () => {
  it.for([
    ['SIGINT', 130],
    ['SIGTERM', 0],
  ] as const)('the command prints its address, answers, and exits on %s with %i', async ([signal, exitCode]) => {
    const child = start('--port', '0', '--pace', 'full', '--seed', '7');
    const url = await readyUrl(child);
    await using same = await createEmulator({ seed: 7 });
    const [seen, expected] = await Promise.all([
      rawRequest(url, streamPath, { body: ask('Count from 1 to 3') }),
      rawRequest(same.url, streamPath, { body: ask('Count from 1 to 3') }),
    ]);
    expect(seen.body).toBe(expected.body);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([exitCode, null]);
  });

  it('the command prints a line for each request when it has ended', async () => {
    const host = new Host();
    const ended = host.run('--port', '0', '--pace', 'full');
    const lines = createInterface(host.stderr)[Symbol.asyncIterator]();
    const [ready] = (await once(host.stdout, 'data')) as [string];
    const url = ready.trim().split(' ').at(-1) ?? '';
    await rawRequest(url, streamPath, { body: ask('Say hello') });
    expect((await lines.next()).value).toMatch(/^200 POST \/v1beta\/models\/\S+ \d+ writes?, [\d.]+ k?B, \d+\.\d\d s$/);
    const faulty = { type: 'cut', how: 'close' } as const;
    const scenario = JSON.stringify({ name: 'red \u001B[31m', steps: [{ faults: [faulty] }] });
    await rawRequest(url, `${streamPath}&key=secret`, {
      body: ask('Say hello'),
      headers: { 'x-emulator-scenario': scenario },
    }).catch(() => undefined);
    const faultyLine = (await lines.next()).value as string;
    expect(faultyLine).toContain(String.raw`, red \u001b[31m`);
    expect(faultyLine).not.toContain('secret');
    host.emit('SIGTERM', 'SIGTERM');
    await ended;
  });

  it('the command prints no line for a request with --quiet', async () => {
    const host = new Host();
    const ended = host.run('--port', '0', '--pace', 'full', '--quiet');
    const [ready] = (await once(host.stdout, 'data')) as [string];
    await rawRequest(ready.trim().split(' ').at(-1) ?? '', streamPath, { body: ask('Say hello') });
    host.emit('SIGTERM', 'SIGTERM');
    await ended;
    expect(host.stderr.read()).toBeNull();
  });

  it('the command exits at once with 130 if a second signal arrives while it is closing', async () => {
    const host = new Host();
    const ended = host.run('--port', '0');
    await once(host.stdout, 'data');
    host.emit('SIGTERM', 'SIGTERM');
    expect(host.exit).not.toHaveBeenCalled();
    host.emit('SIGINT', 'SIGINT');
    expect(host.exit.mock.calls).toEqual([[130]]);
    expect(await ended).toBe(0);
  });

  it.for([0, 1, 5])('two interrupts %i ms apart end the command with 130', async (gapMs) => {
    const child = start('--port', '0');
    await readyUrl(child);
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await delay(gapMs);
    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
  });

  it('a signal is passed on to the child command, whose exit code is returned', async () => {
    const script = `
      process.on('SIGTERM', () => process.exit(7));
      setInterval(() => {}, 1_000);
      console.log('ready');
    `;
    const child = start('--', process.execPath, '-e', script);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  it('the command warns about an address that is not loopback', async () => {
    const child = start('--port', '0', '--host', '0.0.0.0');
    const [warning] = (await once(child.stderr.setEncoding('utf8'), 'data')) as [string];
    child.kill();
    expect(warning).toContain('0.0.0.0 is not loopback: other machines can reach the emulator under any host name');
  });

  it('the command reports a taken port in one line', async () => {
    await using other = await createEmulator();
    const { code, stderr } = await runHere('--port', new URL(other.url).port);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^gemini-emulator: .*EADDRINUSE.*\n$/u)]);
  });

  it('the command prints its help', async () => {
    const { code, stdout, stderr } = await runHere('--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('--scenario NAME');
  });

  it('the command lists the scenarios', async () => {
    const { stdout } = await runHere('--scenarios');
    expect(stdout).toMatch(/^reset-after-content +The connection is reset/mu);
  });

  it('the command reports an invalid value in one line and exits with 2', async () => {
    const { code, stdout, stderr } = await runHere('--scenario', 'no-such-thing');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^gemini-emulator: scenario: there is no scenario no-such-thing; gemini-emulator --scenarios lists them\n$/u,
    );
    // A name must not control the terminal.
    expect((await runHere('--scenario', 'red \u{1B}[31m')).stderr).toContain(String.raw`no scenario red \u001b[31m`);
  });

  it.for([
    [['--port', 'many'], '--port'],
    [['--pace', '1'], '--pace'],
    [['--pace', '1,2,x'], '--pace'],
    [['--speed', 'fast'], '--speed'],
    [['--chunk', 'some'], '--chunk'],
    [['--nonsense'], '--nonsense'],
    [['--prot', '1'], 'unknown option --prot: did you mean --port?'],
    [['--script', '/does/not/exist.json'], 'ENOENT'],
    [['--recording', '/does/not/exist'], 'ENOENT'],
    [['--scenario', '/does/not/exist.json'], 'ENOENT'],
  ] as const)('the command line %j is refused with a TypeError that names the error', async ([args, said]) => {
    const options = async (): Promise<unknown> => readOptions(readArguments(args));
    await expect(options()).rejects.toThrow(TypeError);
    await expect(options()).rejects.toThrow(said);
  });

  it('a command line has a pace, a port and a child command after --', async () => {
    const line = readArguments(['--pace', '100,50,0.5', '--', 'pytest', '--port', '1']);
    expect(line.pace).toEqual({ timeToFirstTokenMs: 100, tokensPerSecond: 50, jitter: 0.5, burst: 4 });
    expect(line.child).toEqual(['pytest', '--port', '1']);
    expect(readArguments(['--pace', '100,0']).pace.tokensPerSecond).toBe(Infinity);
    expect((await readOptions(line)).port).toBe(0);
    expect((await readOptions(readArguments([]))).port).toBe(8787);
  });

  it('the emulator runs a child command against itself and returns its exit code', async () => {
    const script = `
      const url = process.env.GOOGLE_GEMINI_BASE_URL;
      const response = await fetch(url + '/v1beta/models/gemini-3-flash:generateContent', {
        method: 'POST',
        headers: { 'x-goog-api-key': process.env.GEMINI_API_KEY },
        body: JSON.stringify({ contents: { parts: { text: 'What is 6 * 7?' } } }),
      });
      console.log((await response.json()).candidates[0].content.parts[0].text);
      process.exit(response.status === 200 ? 5 : 1);
    `;
    const { code, stdout } = await run('--pace', '0', '--', process.execPath, '--input-type=module', '-e', script);
    expect([code, stdout]).toEqual([5, '6 * 7 = 42.\n']);
  });

  it.for([[['-e', 'process.kill(process.pid, "SIGKILL")'], 137]] as const)(
    'the emulator returns the exit code of node %j',
    async ([args, expected]) => {
      expect((await run('--', process.execPath, ...args)).code).toBe(expected);
    },
  );

  it('a recording leaves the keys of its child command unchanged', async () => {
    await using target = await createEmulator();
    const script = 'process.exitCode = process.env.GEMINI_API_KEY === "its-own" && process.env.GEMINI_BASE_URL ? 3 : 1';
    const folder = await mkdtemp(join(tmpdir(), 'command-'));
    const child = spawn(
      process.execPath,
      [main, '--record', join(folder, 'tape.ndjson'), '--target', target.url, '--', process.execPath, '-e', script],
      { stdio: 'ignore', env: { ...process.env, NODE_OPTIONS: '', GEMINI_API_KEY: 'its-own' } },
    );
    expect(await once(child, 'exit')).toEqual([3, null]);
    await rm(folder, { recursive: true });
  });

  it('the exit code for an unknown child command is 127', async () => {
    expect((await runHere('--', '/no/such/command')).code).toBe(127);
  });

  it('the command reads a scenario and a script from files, and records a cassette to one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'command-'));
    const [scenario, script, tape] = [
      join(folder, 'mine.json'),
      join(folder, 'script.json'),
      join(folder, 'tape.ndjson'),
    ];
    await writeFile(
      scenario,
      JSON.stringify({ name: 'mine', steps: [{ faults: [{ type: 'cut', how: 'end', afterEvents: 1 }] }] }),
    );
    await writeFile(script, JSON.stringify([{ match: { text: '/RIVERS/i' }, reply: { text: ['one', 'two'] } }]));
    const target = start('--port', '0', '--scenario', scenario, '--script', script, '--pace', 'full');
    const proxy = start('--port', '0', '--record', tape, '--target', await readyUrl(target));
    const { body } = await rawRequest(await readyUrl(proxy), streamPath, { body: ask('Rivers') });
    proxy.kill('SIGTERM');
    target.kill('SIGTERM');
    await Promise.all([once(proxy, 'exit'), once(target, 'exit')]);
    expect(body.match(/data: /gu)).toHaveLength(1);
    expect(body).toContain('"text":"one"');
    expect(readCassette(await readFile(tape, 'utf8')).exchanges).toHaveLength(1);
    await rm(folder, { recursive: true });
  });
});
