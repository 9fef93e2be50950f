import { once } from 'node:events';
import { isatty } from 'node:tty';
import { styleText } from 'node:util';
import { jsonLine } from './json-line.ts';
import { visibleText } from './visible-text.ts';

type Style = Parameters<typeof styleText>[0];

/**
 * The output of a command. Writing to standard output throws after a failure: an `OutputClosedError` if the reader has
 * closed it, otherwise the system's own error.
 */
export interface Output {
  /** Writes text of the model to standard output: escaped in a terminal, unchanged in a pipe. */
  model(text: string): void;
  /** Writes text to standard output that is prepared for a terminal. */
  paint(text: string): void;
  /** Writes a line of the command's own text to standard output. */
  line(text: string): void;
  /** Writes one value as one line of JSON to standard output. */
  json(value: unknown): void;
  /** Writes a line to standard error, escaped because it may quote a server. */
  note(text: string): void;
  /** Writes a note that is dim if colours are shown. */
  dimNote(text: string): void;
  /** Writes a piece of the model's text to standard error, escaped and dim, without a line end. */
  aside(text: string): void;
  /** Writes text to standard error, dim, that is prepared for a terminal. */
  paintAside(text: string): void;
  /** Returns text in a colour for `line`, or plain text if standard output shows no colours. */
  style(style: Style, text: string): string;
  /** Replaces the last line of progress on standard error, only in a terminal. An empty text clears it. */
  progress(text: string): void;
  /** Resolves when the reader has taken the output so far. A loop that awaits it holds a bounded amount of output. */
  drained(): Promise<void>;
  /**
   * Resolves when all output is written.
   * @throws the error of a full disk, or an `OutputClosedError`
   */
  flushed(): Promise<void>;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** The size of the terminal now; `undefined` for a pipe, and for a terminal that cannot move its cursor. */
  readonly size: TerminalSize | undefined;
  /** The same of standard error. */
  readonly asideSize: TerminalSize | undefined;
}

/** The size of a terminal in cells. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

const stdoutDescriptor = 1;

/** The standard streams of the process, without a buffer of our own. */
export class ProcessOutput implements Output {
  readonly isTerminal = isatty(stdoutDescriptor);
  /** Lines that wait for the reader. A line of any length is in memory one piece at a time. */
  readonly #waiting: Iterator<string, void>[] = [];
  #failure: NodeJS.ErrnoException | undefined;

  constructor() {
    process.stdout.on('drain', () => this.#writeWaiting());
    process.stdout.on('error', (error) => {
      this.#failure ??= error;
      this.#waiting.length = 0;
    });
    // A caller that closes standard error may still read the data.
    process.stderr.on('error', () => undefined);
  }

  model(text: string): void {
    this.#write(this.isTerminal ? visibleText(text) : text);
  }

  paint(text: string): void {
    if (text !== '') this.#write(text);
  }

  get size(): TerminalSize | undefined {
    return this.isTerminal ? sizeOf(process.stdout) : undefined;
  }

  get asideSize(): TerminalSize | undefined {
    return process.stderr.isTTY ? sizeOf(process.stderr) : undefined;
  }

  line(text: string): void {
    this.#write(`${text}\n`);
  }

  json(value: unknown): void {
    this.#check();
    this.#waiting.push(jsonLine(value));
    this.#writeWaiting();
  }

  note(text: string): void {
    process.stderr.write(`${visibleText(text)}\n`);
  }

  dimNote(text: string): void {
    process.stderr.write(`${dim(text)}\n`);
  }

  aside(text: string): void {
    process.stderr.write(dim(text));
  }

  paintAside(text: string): void {
    if (text !== '') process.stderr.write(styleText('dim', text, { stream: process.stderr }));
  }

  style(style: Style, text: string): string {
    return styleText(style, text, { stream: process.stdout });
  }

  progress(text: string): void {
    const { stderr } = process;
    if (!stderr.isTTY) return;
    // Cut to one row of the terminal: only that is erased.
    const width = stderr.columns > 0 ? stderr.columns - 1 : text.length;
    stderr.write(`\r\u001b[2K${visibleText(text).slice(0, width)}`);
  }

  async drained(): Promise<void> {
    const { stdout } = process;
    while (this.#failure === undefined && (this.#waiting.length > 0 || stdout.writableNeedDrain)) {
      // oxlint-disable-next-line no-await-in-loop
      await once(stdout, 'drain').catch(() => undefined);
    }
  }

  async flushed(): Promise<void> {
    await this.drained();
    await Promise.all([written(process.stdout), written(process.stderr)]);
    this.#check();
  }

  #write(text: string): void {
    this.#check();
    if (this.#waiting.length === 0) process.stdout.write(text);
    else this.#waiting.push([text].values());
  }

  #writeWaiting(): void {
    for (let [line] = this.#waiting; line !== undefined && !process.stdout.writableNeedDrain; [line] = this.#waiting) {
      const piece = line.next();
      if (piece.done === true) this.#waiting.shift();
      else process.stdout.write(piece.value);
    }
  }

  #check(): void {
    const failure = this.#failure;
    if (failure?.code === 'EPIPE')
      throw new OutputClosedError('the reader has closed standard output', { cause: failure });
    if (failure !== undefined) throw failure;
  }
}

// A terminal over a serial line may not know its size.
function sizeOf({ columns, rows }: NodeJS.WriteStream): TerminalSize | undefined {
  const canMove = process.env['TERM'] !== 'dumb' && columns > 0 && rows > 0;
  return canMove ? { columns, rows } : undefined;
}

function dim(text: string): string {
  return styleText('dim', visibleText(text), { stream: process.stderr });
}

/** Resolves when a stream has written its output, or has failed. */
async function written(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<unknown>((resolve) => stream.write('', resolve));
}

/** The reader has closed standard output (`EPIPE`). Thrown by the next write, so that a command ends and cleans up. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}
