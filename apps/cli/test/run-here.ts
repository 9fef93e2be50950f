import { run } from '../src/run.ts';
import type { Output } from '../src/terminal/output.ts';
import type { CommandRun } from './run-command.ts';

/**
 * Runs a command in this process, for what needs neither standard input, nor signals, nor an environment of its own: a
 * process costs a hundred times as much.
 */
export async function runHere(words: readonly string[]): Promise<CommandRun> {
  let [stdout, stderr] = ['', ''];
  const output: Output = {
    isTerminal: false,
    size: undefined,
    asideSize: undefined,
    paintAside: (text) => void (stderr += text),
    paint: (text) => void (stdout += text),
    model: (text) => void (stdout += text),
    line: (text) => void (stdout += `${text}\n`),
    json: (value) => void (stdout += `${JSON.stringify(value)}\n`),
    note: (text) => void (stderr += `${text}\n`),
    dimNote: (text) => void (stderr += `${text}\n`),
    aside: (text) => void (stderr += text),
    style: (_style, text) => text,
    progress: () => undefined,
    drained: async () => undefined,
    flushed: async () => undefined,
  };
  const exitCode = await run(words, output);
  return { stdout, stderr, exitCode };
}
