import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../workspace-packages.ts';

const driver = join(import.meta.dirname, 'run_in_terminal.py');
/** The built command, as it is published. */
export const builtCommand = join(root, 'apps/cli/bin/gemini-stream.js');

const home = mkdtempSync(join(tmpdir(), 'gemini-stream-home-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

/** A command that runs in a terminal. */
export interface TerminalRun {
  /** All that the terminal has shown so far. */
  readonly screen: string;
  /** Types these characters: `\u0003` is Ctrl-C, `\u0004` is Ctrl-D, `\r` is Enter. */
  type(keys: string): void;
  /** Makes the terminal 40 columns wide. */
  narrow(): void;
  /** Resolves when the screen shows this after what was waited for before. Rejects when the command ends first. */
  shows(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

/** Starts the built `gemini-stream` in a terminal, with nothing of our environment but the path. */
export function runInTerminal(words: readonly string[], env: NodeJS.ProcessEnv = {}): TerminalRun {
  if (!existsSync(join(root, 'apps/cli/dist/main.js'))) throw new Error('gemini-stream is not built: run `pnpm build`');
  const child = spawn('python3', [driver, process.execPath, builtCommand, ...words], {
    // Without the files of the person who runs the tests.
    env: { PATH: process.env['PATH'], TERM: 'xterm-256color', HOME: home, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  let screen = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
  const ended = once(child, 'close').then(() => child.exitCode);
  return {
    get screen() {
      return screen;
    },
    narrow: () => void child.kill('SIGUSR1'),
    type: (keys) => void child.stdin.write(keys),
    async shows(pattern) {
      for (;;) {
        const found = pattern.exec(screen.slice(seen));
        if (found !== null) {
          seen += found.index + found[0].length;
          return found;
        }
        // oxlint-disable-next-line no-await-in-loop
        const isOver = await Promise.race([once(child.stdout, 'data').then(() => false), ended.then(() => true)]);
        if (isOver) throw new Error(`the command ended without showing ${String(pattern)}:\n${screen}`);
      }
    },
    ended,
  };
}
