import type { AnswerScreen } from './answer-screen.ts';
import { LiveRegion } from './live-region.ts';
import { type MarkdownBlock, MarkdownBlocks } from './markdown-blocks.ts';
import { markdownRows } from './markdown-rows.ts';
import type { Output, TerminalSize } from './output.ts';
import { visibleText } from './visible-text.ts';
import { WrappedAside } from './wrapped-screen.ts';

/** Renders Markdown while it arrives: the block that still grows is drawn again with each piece. */
export class MarkdownScreen implements AnswerScreen {
  readonly #output: Output;
  readonly #blocks = new MarkdownBlocks();
  readonly #region = new LiveRegion();
  readonly #hasColours: boolean;
  #size: TerminalSize = { columns: 80, rows: 24 };

  readonly #aside: WrappedAside;

  constructor(output: Output) {
    this.#output = output;
    this.#aside = new WrappedAside(output);
    this.#hasColours = output.style('bold', 'x') !== 'x';
  }

  write(text: string): void {
    this.#draw(this.#blocks.push(visibleText(text)), this.#blocks.open);
  }

  aside(text: string): void {
    this.#aside.write(text);
  }

  endLine(): void {
    this.#draw(this.#blocks.finish(), undefined);
  }

  #draw(done: readonly MarkdownBlock[], open: MarkdownBlock | undefined): void {
    // A terminal that is closed has no size: the last one is as good.
    this.#size = this.#output.size ?? this.#size;
    const output = this.#output;
    const look = {
      style: output.style.bind(output),
      hasColours: this.#hasColours,
      // The last column stays empty: terminals differ in where the cursor is after it is written.
      width: Math.max(1, this.#size.columns - 1),
    };
    const rowsOf = (block: MarkdownBlock): string[] => markdownRows(block, look);
    output.paint(this.#region.draw(done.flatMap(rowsOf), open === undefined ? [] : rowsOf(open), this.#size));
  }
}
