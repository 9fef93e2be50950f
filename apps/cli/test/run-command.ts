import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** How the command was run. */
export interface CommandSetup {
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
}

/** What it said, and how it ended. */
export interface CommandRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
}

/** Starts `gemini-stream` as a process of its own, with nothing of our environment but the path. */
export function startCommand(args: readonly string[], { env = {}, input = '' }: CommandSetup = {}): ChildProcess {
  const child = spawn(process.execPath, ['--conditions=@gemini/source', main, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that has its prompt does not read its input.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return child;
}

/** Runs it to its end. */
export async function runCommand(args: readonly string[], setup?: CommandSetup): Promise<CommandRun> {
  const child = startCommand(args, setup);
  if (child.stdout === null || child.stderr === null) throw new Error('expected pipes');
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { stdout, stderr, exitCode: child.exitCode };
}
