import { styleText } from 'node:util';
import { visibleText } from './visible-text.ts';

/** Where a command writes. */
export interface Output {
  /** Text of the model: made harmless where a person's terminal shows it, untouched in a pipe. */
  model(text: string): void;
  /** Our own words on standard output. */
  line(text: string): void;
  /** Our own words beside the data, on standard error. */
  note(text: string): void;
  dim(text: string): string;
  readonly isTerminal: boolean;
}

/** Writes to the process's own streams, unbuffered. */
export function createOutput(stdout: NodeJS.WriteStream = process.stdout, stderr = process.stderr): Output {
  const isTerminal = stdout.isTTY;
  return {
    isTerminal,
    model: (text) => void stdout.write(isTerminal ? visibleText(text) : text),
    line: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    dim: (text) => styleText('dim', text, { stream: stderr }),
  };
}
