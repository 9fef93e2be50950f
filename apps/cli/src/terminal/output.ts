import { once } from 'node:events';
import { isatty } from 'node:tty';
import { styleText } from 'node:util';
import { jsonLine } from './json-line.ts';
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
    if (failure?.code === 'EPIPE') throw new OutputClosedError('nobody reads standard output', { cause: failure });
    if (failure !== undefined) throw failure;
  }
}

function dim(text: string): string {
  return styleText('dim', visibleText(text), { stream: process.stderr });
}

/** Resolves when all that was written to a stream is taken, or cannot be. */
async function written(stream: NodeJS.WriteStream): Promise<void> {
  await new Promise<unknown>((resolve) => stream.write('', resolve));
}

/** Nobody reads standard output any more (`EPIPE`). Thrown by the next write, so that a command ends and cleans up. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}
