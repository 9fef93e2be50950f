import type { CommandOptions, OptionValues } from '../command.ts';
import { UsageError } from '../exit-code.ts';
import { type AnswerScreen, type ScreenValues, openScreen } from '../terminal/answer-screen.ts';
import type { Output } from '../terminal/output.ts';
import { visibleText } from '../terminal/visible-text.ts';
import type { AnswerEvent, AnswerWriter } from './show-answer.ts';
import { type AnswerFacts, summaryLine } from './summary-line.ts';

/** The options for the form of an answer. */
export const formatOptions = {
  json: { type: 'boolean', description: 'events as JSON, one a line; the last, also of a failure, has "type":"end"' },
  raw: { type: 'boolean', description: "the server's chunks, one a line; with --json as events among the others" },
  timing: { type: 'boolean', description: 'each piece on a line with its time; with --json as atMs' },
} as const satisfies CommandOptions;

/** The values of the format options. */
export type FormatValues = OptionValues<typeof formatOptions>;

/**
 * Returns the writer for the format options: a promise if a terminal's libraries have to be loaded.
 * @throws UsageError for options that exclude each other
 */
export function createAnswerWriter(
  values: FormatValues & ScreenValues,
  isEmulated: boolean,
  output: Output,
): AnswerWriter | Promise<AnswerWriter> {
  if (values.json) return new JsonWriter(output, isEmulated, values.timing);
  if (values.raw && values.timing) throw new UsageError('--raw shows chunks as they are: for their times add --json');
  if (values.raw) return new ChunkWriter(output);
  if (values.timing) return new TimedWriter(output);
  return openScreen(values, output).then((screen) => new TextWriter(output, screen));
}

/** Writes the text on standard output, thoughts on standard error, and a summary in a terminal. */
export class TextWriter implements AnswerWriter {
  readonly #output: Output;
  readonly #screen: AnswerScreen;
  readonly #endsLine: boolean;
  #last: 'nothing' | 'thought' | 'text' = 'nothing';

  /** `endsLine` adds a final line end in a pipe too. Without it, a pipe gets exactly the model's text. */
  constructor(output: Output, screen: AnswerScreen, endsLine = output.isTerminal) {
    this.#output = output;
    this.#screen = screen;
    this.#endsLine = endsLine;
  }

  onEvent(event: AnswerEvent): void {
    if (event.type === 'thought-delta') {
      // On one line with the answer it would look like a part of it.
      if (this.#last === 'text' && this.#output.isTerminal) this.#screen.endLine();
      this.#screen.aside(event.text);
      this.#last = 'thought';
    } else if (event.type === 'text-delta' && event.candidate === 0 && event.text !== '') {
      if (this.#last === 'thought') this.#toNewLine();
      this.#screen.write(event.text);
      this.#last = 'text';
    } else if (event.type === 'inline-data') {
      this.#toNewLine();
      const bytes = Math.round((event.data.length * 3) / 4);
      this.#output.note(`gemini-stream: ${event.mimeType ?? 'a file'}, ${bytes} bytes: --json has it`);
    } else if (event.type === 'file') {
      this.#toNewLine();
      this.#output.note(`gemini-stream: ${event.mimeType ?? 'a file'}: ${event.uri}`);
    } else if (event.type === 'fallback') {
      this.#toNewLine();
      this.#output.note(`gemini-stream: ${event.from} failed (${event.status ?? event.code}): asking ${event.to}`);
    }
  }

  onEnd(facts: AnswerFacts): void {
    this.#toNewLine();
    if (this.#output.isTerminal) this.#output.dimNote(summaryLine(facts));
  }

  #toNewLine(): void {
    if (this.#last === 'thought') this.#screen.aside('\n');
    else if (this.#endsLine) this.#screen.endLine();
  }
}

/** Writes each piece on its own line: the time since the request, the time since the last piece, and the text. */
class TimedWriter implements AnswerWriter {
  readonly #output: Output;
  #lastMs = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  onEvent(event: AnswerEvent, atMs: number): void {
    if (event.type !== 'text-delta' && event.type !== 'thought-delta') return;
    const output = this.#output;
    const times = `${atMs.toFixed(1).padStart(9)} ms ${`+${(atMs - this.#lastMs).toFixed(1)}`.padStart(9)}  `;
    const text = JSON.stringify(event.text);
    const shown = output.isTerminal ? visibleText(text) : text;
    output.line(output.style('dim', times) + (event.type === 'thought-delta' ? output.style('dim', shown) : shown));
    this.#lastMs = atMs;
  }

  onEnd(facts: AnswerFacts): void {
    if (this.#output.isTerminal) this.#output.dimNote(summaryLine(facts));
  }
}

/** Writes each event as a line of JSON. Only the last line has the type `end`. */
class JsonWriter implements AnswerWriter {
  readonly #output: Output;
  readonly #isEmulated: boolean;
  readonly #isTimed: boolean;

  constructor(output: Output, isEmulated: boolean, isTimed: boolean) {
    this.#output = output;
    this.#isEmulated = isEmulated;
    this.#isTimed = isTimed;
  }

  onEvent(event: AnswerEvent, atMs: number): void {
    this.#output.json(this.#isTimed ? { ...event, atMs } : event);
  }

  onEnd({ outcome, timing, verdict }: AnswerFacts): void {
    const { error, ...facts } = outcome;
    const failure = error && {
      code: error.code,
      message: error.message,
      status: error.status,
      reason: error.reason,
      retryable: error.retryable,
    };
    this.#output.json({
      type: 'end',
      emulated: this.#isEmulated,
      verdict: verdict.kind,
      cause: verdict.cause,
      ...facts,
      error: failure,
      ...(this.#isTimed ? { timing } : {}),
    });
  }
}

/** Writes the server's chunks unchanged, one a line. */
class ChunkWriter implements AnswerWriter {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  onEvent(event: AnswerEvent): void {
    if (event.type === 'chunk') this.#output.json(event.chunk);
  }

  onEnd(): void {
    // Only chunks are written.
  }
}
