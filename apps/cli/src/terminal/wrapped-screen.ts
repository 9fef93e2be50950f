import type { AnswerScreen } from './answer-screen.ts';
import { LineWrapper } from './line-wrapper.ts';
import type { Output } from './output.ts';
import { visibleText } from './visible-text.ts';

/** Wraps the thoughts of an answer at words, if standard error is a terminal too. */
export class WrappedAside {
  readonly #output: Output;
  readonly #wrapper = new LineWrapper();

  constructor(output: Output) {
    this.#output = output;
  }

  write(text: string): void {
    const { asideSize } = this.#output;
    if (asideSize === undefined) this.#output.aside(text);
    else this.#output.paintAside(this.#wrapper.write(visibleText(text), Math.max(1, asideSize.columns - 1)));
  }
}

/** Wraps the text at words. */
export class WrappedScreen implements AnswerScreen {
  readonly #output: Output;
  readonly #wrapper = new LineWrapper();
  readonly #aside: WrappedAside;

  constructor(output: Output) {
    this.#output = output;
    this.#aside = new WrappedAside(output);
  }

  aside(text: string): void {
    this.#aside.write(text);
  }

  write(text: string): void {
    // The last column stays empty: terminals differ in where the cursor is after it is written.
    const width = (this.#output.size?.columns ?? Infinity) - 1;
    this.#output.paint(this.#wrapper.write(visibleText(text), Math.max(1, width)));
  }

  endLine(): void {
    if (!this.#wrapper.isAtLineStart) this.write('\n');
  }
}
