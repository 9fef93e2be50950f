import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
// A quarter of the start-up is left if the sources are compiled only once.
const compileCache = fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));
const nowhere = join(tmpdir(), 'gemini-stream-no-home');
const nodeWords = ['--conditions=@gemini/source', main];

/**
 * Milliseconds that a test of a few processes may take: a multiple of the time that one takes to start here and now. It
 * only ends a test that hangs.
 */
export const commandTimeoutMs = await measureTimeout();

/** How the command was run. */
export interface CommandSetup {
  readonly env?: NodeJS.ProcessEnv;
  /** Undefined leaves standard input open. */
  readonly input?: string | undefined;
  readonly cwd?: string;
}

/** The output of a command and its exit code. */
export interface CommandRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

/** Starts `gemini-stream` as a process of its own, with nothing of our environment but the path. */
export function startCommand(args: readonly string[], setup: CommandSetup = {}): ChildProcess {
  return start(process.execPath, [...nodeWords, ...args], { input: '', ...setup });
}

/** Runs it to its end. */
export function runCommand(args: readonly string[], setup?: CommandSetup): Promise<CommandRun> {
  return ended(startCommand(args, setup));
}

/** Runs a line of bash in which `gemini-stream` is the command. */
export function runShell(line: string, env: NodeJS.ProcessEnv): Promise<CommandRun> {
  const command = [process.execPath, ...nodeWords].map((word) => `'${word}'`).join(' ');
  return ended(start('bash', ['--norc', '-c', `gemini-stream() { ${command} "$@"; }; ${line}`], { env, input: '' }));
}

function start(program: string, args: readonly string[], { env = {}, input, cwd }: CommandSetup): ChildProcess {
  const child = spawn(program, args, {
    // Without the files of the person who runs the tests.
    env: { PATH: process.env['PATH'], HOME: nowhere, NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd,
  });
  // A command that has its prompt does not read its input.
  child.stdin?.on('error', () => undefined);
  if (input !== undefined) child.stdin?.end(input);
  return child;
}

async function ended(child: ChildProcess): Promise<CommandRun> {
  if (child.stdout === null || child.stderr === null) throw new Error('expected pipes');
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { stdout, stderr, exitCode: child.exitCode };
}

async function measureTimeout(): Promise<number> {
  const startedAt = performance.now();
  await runCommand(['--version']);
  return Math.max(60_000, 100 * (performance.now() - startedAt));
}
