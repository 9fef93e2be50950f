import stringWidth from 'string-width';
import type { TerminalSize } from './output.ts';

/**
 * The last rows of a terminal, which are drawn again while their text grows. Rows that are done stay above them. Only rows
 * that change are drawn, and never more than the terminal has: a row that has scrolled away cannot be changed.
 */
export class LiveRegion {
  /** The rows that may change, as they are on the screen. The cursor is behind the last. */
  #rows: readonly string[] = [];
  #columns = 0;

  /**
   * Returns the text that prints the rows that are done, and below them the last of the open ones. A row must fit into
   * the terminal. Without open rows the cursor is at the beginning of a line.
   */
  draw(done: readonly string[], open: readonly string[], { columns, rows: height }: TerminalSize): string {
    const old = this.#rows;
    const shown = open.slice(-Math.max(1, height - 1));
    const all = [...done, ...shown];
    const isResized = columns !== this.#columns;
    const same = isResized ? 0 : all.findIndex((row, index) => row !== old[index]);
    const kept = same === -1 ? all.length : same;
    const end = shown.length === 0 && all.length > 0 ? '\n' : '';
    const drawn = old.length === 0 ? all.join('\n') : this.#change(old, all, kept, columns);
    this.#rows = shown;
    this.#columns = columns;
    return drawn + end;
  }

  #change(old: readonly string[], all: readonly string[], kept: number, columns: number): string {
    const rest = all.slice(kept);
    if (kept === old.length) return rest.map((row) => `\n${row}`).join('');
    const [first = '', ...more] = rest;
    const last = old[kept] ?? '';
    if (kept === old.length - 1 && kept < all.length && first.startsWith(last)) {
      return [first.slice(last.length), ...more].join('\n');
    }
    // If nothing is left to draw, the cursor belongs behind the last row that stays.
    const from = Math.max(0, Math.min(kept, all.length - 1));
    const up = old.slice(from).reduce((sum, row) => sum + rowsOf(row, columns), 0) - 1;
    return `${up > 0 ? `\u001b[${up}A` : ''}\r\u001b[J${all.slice(from).join('\n')}`;
  }
}

/** Returns how many rows a row takes after the terminal has become narrower. */
function rowsOf(row: string, columns: number): number {
  return Math.max(1, Math.ceil(stringWidth(row) / columns));
}
