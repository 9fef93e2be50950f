import type { CommandOptions, OptionValues } from '../command.ts';
import { UsageError } from '../exit-code.ts';
import type { Output } from '../terminal/output.ts';
import { visibleText } from '../terminal/visible-text.ts';
import type { AnswerWriter } from './show-answer.ts';
import { summaryLine } from './summary-line.ts';

/** The forms of an answer. */
export const formatOptions = {
  json: { type: 'boolean', description: 'events as JSON, one a line; the last, also of a failure, has "type":"end"' },
  raw: { type: 'boolean', description: "the server's chunks, one a line; with --json as events among the others" },
  timing: { type: 'boolean', description: 'each piece on a line with its time; with --json as atMs' },
} as const satisfies CommandOptions;

/** What was said about the form. */
export type FormatValues = OptionValues<typeof formatOptions>;

/**
 * The writer for what was said.
 * @throws UsageError for forms that exclude each other
 */
export function createAnswerWriter(values: FormatValues, emulated: boolean, output: Output): AnswerWriter {
  if (values.json) return createJsonWriter(output, { emulated, timed: values.timing });
  if (values.raw && values.timing) throw new UsageError('--raw shows chunks as they are: for their times add --json');
  if (values.raw) return createChunkWriter(output);
  return values.timing ? createTimedWriter(output) : createTextWriter(output);
}

/**
 * The answer as text: thoughts on standard error, a summary where a person looks. `endsLine` ends the text's last line
 * in a pipe, too, where it would else be the model's to the byte.
 */
export function createTextWriter(output: Output, endsLine = output.isTerminal): AnswerWriter {
  let last: 'nothing' | 'thought' | 'text' = 'nothing';
  let onNewLine = true;
  const toNewLine = (): void => {
    if (last === 'thought') output.aside('\n');
    else if (!onNewLine && endsLine) output.model('\n');
    onNewLine = true;
  };
  return {
    event(event) {
      if (event.type === 'thought-delta') {
        output.aside(event.text);
        last = 'thought';
      } else if (event.type === 'text-delta' && event.candidate === 0 && event.text !== '') {
        if (last === 'thought') toNewLine();
        output.model(event.text);
        last = 'text';
        onNewLine = event.text.endsWith('\n');
      } else if (event.type === 'inline-data') {
        toNewLine();
        const bytes = Math.round((event.data.length * 3) / 4);
        output.note(`gemini-stream: ${event.mimeType ?? 'a file'}, ${bytes} bytes: --json has it`);
      }
    },
    end(facts) {
      toNewLine();
      if (output.isTerminal) output.dimNote(summaryLine(facts));
    },
  };
}

/** Each piece on a line of its own: its time since the prompt, since the piece before, and what it says. */
export function createTimedWriter(output: Output): AnswerWriter {
  let lastMs = 0;
  return {
    event(event, atMs) {
      if (event.type !== 'text-delta' && event.type !== 'thought-delta') return;
      const times = `${atMs.toFixed(1).padStart(9)} ms ${`+${(atMs - lastMs).toFixed(1)}`.padStart(9)}  `;
      const text = JSON.stringify(event.text);
      const shown = output.isTerminal ? visibleText(text) : text;
      output.line(output.style('dim', times) + (event.type === 'thought-delta' ? output.style('dim', shown) : shown));
      lastMs = atMs;
    },
    end(facts) {
      if (output.isTerminal) output.dimNote(summaryLine(facts));
    },
  };
}

/** How the events are written as JSON. */
export interface JsonWriterOptions {
  /** Told in the last line. */
  readonly emulated: boolean;
  /** Adds `atMs` to each event. */
  readonly timed: boolean;
}

/** Each event as a line of JSON; the last, and no other, has the type `end`. */
export function createJsonWriter(output: Output, { emulated, timed }: JsonWriterOptions): AnswerWriter {
  return {
    event: (event, atMs) => output.json(timed ? { ...event, atMs } : event),
    end({ outcome, timing, verdict }) {
      const { error, ...facts } = outcome;
      const failure = error && {
        code: error.code,
        message: error.message,
        status: error.status,
        reason: error.reason,
        retryable: error.retryable,
      };
      output.json({
        type: 'end',
        emulated,
        verdict: verdict.kind,
        cause: verdict.cause,
        ...facts,
        error: failure,
        ...(timed ? { timing } : {}),
      });
    },
  };
}

/** The server's chunks as they came, one a line, and nothing else. */
export function createChunkWriter(output: Output): AnswerWriter {
  return {
    event: (event) => event.type === 'chunk' && output.json(event.chunk),
    end: () => undefined,
  };
}
