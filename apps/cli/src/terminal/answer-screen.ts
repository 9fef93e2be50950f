import type { CommandOptions, OptionValues } from '../command.ts';
import type { Output } from './output.ts';

/** The options for the look of an answer in a terminal. */
export const screenOptions = {
  render: { type: 'boolean', group: 'Terminal', description: 'show Markdown as headings, lists, tables and code' },
  wrap: {
    type: 'boolean',
    isOptional: true,
    group: 'Terminal',
    description: 'wrap lines at words (the default in a terminal); --no-wrap leaves that to the terminal',
  },
} as const satisfies CommandOptions;

/** The values of the screen options. */
export type ScreenValues = OptionValues<typeof screenOptions>;

/** Shows the text of one answer after another. */
export interface AnswerScreen {
  /** Shows a piece of the model's text at once. */
  write(text: string): void;
  /** Shows a piece of the model's thoughts, on standard error. */
  aside(text: string): void;
  /** Ends the line, so that something else may be printed. Does nothing at the beginning of a line. */
  endLine(): void;
}

/**
 * Returns the screen for an output. A pipe, a file, and a terminal that cannot move its cursor (`TERM=dumb`) get the
 * text as it is. The libraries are loaded only for a terminal.
 */
export async function openScreen({ render, wrap }: ScreenValues, output: Output): Promise<AnswerScreen> {
  if (output.size === undefined || (!render && wrap === false)) return new PlainScreen(output);
  if (!render) return new (await import('./wrapped-screen.ts')).WrappedScreen(output);
  return new (await import('./markdown-screen.ts')).MarkdownScreen(output);
}

/** Writes the text as it is. */
export class PlainScreen implements AnswerScreen {
  readonly #output: Output;
  #isOnNewLine = true;

  constructor(output: Output) {
    this.#output = output;
  }

  write(text: string): void {
    this.#output.model(text);
    this.#isOnNewLine = text.endsWith('\n');
  }

  aside(text: string): void {
    this.#output.aside(text);
  }

  endLine(): void {
    if (!this.#isOnNewLine) this.#output.model('\n');
    this.#isOnNewLine = true;
  }
}
