import { once } from 'node:events';
import { isatty } from 'node:tty';
import { styleText } from 'node:util';
import { jsonLine } from './json-line.ts';
import { OutputClosedError } from './output-closed-error.ts';
import { visibleText } from './visible-text.ts';

type Style = Parameters<typeof styleText>[0];

/**
 * Where a command writes. What goes to standard output throws when it cannot be written: an `OutputClosedError` when
 * nobody reads it any more, otherwise the system's own error.
 */
export interface Output {
  /** Text of the model on standard output: made harmless where a person's terminal shows it, untouched in a pipe. */
  model(text: string): void;
  /** Our own words on standard output. */
  line(text: string): void;
  /** One value as one line of JSON on standard output. */
  json(value: unknown): void;
  /** Our own words beside the data, on standard error; made harmless, for they may quote a server. */
  note(text: string): void;
  /** The same, dim where colours are shown. */
  dimNote(text: string): void;
  /** A piece of the model's text that is no data, on standard error: harmless, dim where colours are shown, no line end. */
  aside(text: string): void;
  /** Text in a colour, for `line`; plain where standard output shows none. */
  style(style: Style, text: string): string;
  /** A line on standard error that the next one replaces; an empty one clears it. Only where a person looks. */
  progress(text: string): void;
  /** Resolves when what was written is taken: a loop that awaits it holds no more than a slow reader's due. */
  drained(): Promise<void>;
  /** Resolves when all is written, or throws what stood in the way: a full disk, a reader that left. */
  flushed(): Promise<void>;
  /** Whether standard output is a person's terminal. */
  readonly isTerminal: boolean;
}

const stdoutDescriptor = 1;

/** Writes to the process's own streams, unbuffered. */
export function createOutput(): Output {
  const { stdout, stderr } = process;
  const isTerminal = isatty(stdoutDescriptor);
  let failure: NodeJS.ErrnoException | undefined;
  stdout.on('error', (error) => (failure ??= error));
  // Who does not listen to notes may still read the data.
  stderr.on('error', () => undefined);
  const check = (): void => {
    if (failure?.code === 'EPIPE') throw new OutputClosedError('nobody reads standard output', { cause: failure });
    if (failure !== undefined) throw failure;
  };
  const write = (text: string): void => {
    check();
    stdout.write(text);
  };
  const dim = (text: string): string => styleText('dim', visibleText(text), { stream: stderr });
  return {
    isTerminal,
    model: (text) => write(isTerminal ? visibleText(text) : text),
    line: (text) => write(`${text}\n`),
    json: (value) => write(jsonLine(value)),
    note: (text) => void stderr.write(`${visibleText(text)}\n`),
    dimNote: (text) => void stderr.write(`${dim(text)}\n`),
    aside: (text) => void stderr.write(dim(text)),
    style: (style, text) => styleText(style, text, { stream: stdout }),
    progress(text) {
      if (!stderr.isTTY) return;
      // Cut to one row of the terminal: only that is erased.
      const width = stderr.columns > 0 ? stderr.columns - 1 : text.length;
      stderr.write(`\r\u001b[2K${visibleText(text).slice(0, width)}`);
    },
    async drained() {
      if (stdout.writableNeedDrain && failure === undefined) await once(stdout, 'drain').catch(() => undefined);
    },
    async flushed() {
      await new Promise<unknown>((resolve) => stdout.write('', resolve));
      check();
    },
  };
}
