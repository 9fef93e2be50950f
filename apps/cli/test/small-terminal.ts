import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** A terminal that understands what the command writes: text, line ends, and moves of the cursor. */
export class SmallTerminal {
  readonly columns: number;
  readonly rows: number;
  /** All rows, also those that have scrolled away. */
  readonly #lines: string[][] = [[]];
  #row = 0;
  #column = 0;
  #last = { row: 0, column: 0, width: 0 };

  constructor(columns: number, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  /** @throws Error for a sequence that it does not know, and for text past the last column */
  write(text: string): void {
    for (const [token] of text.matchAll(/\u001b\[[\d;?]*[A-Za-z]|\r|\n|\t|[^\u001b\r\n\t]+/g)) {
      const [, count = '1', action] = /^\u001b\[(\d*)([A-Z])$/.exec(token) ?? [];
      if (action === 'A') this.#up(Number(count));
      else if (action === 'D') this.#column = Math.max(0, this.#column - Number(count));
      else if (action === 'K') this.#line.length = Math.min(this.#line.length, this.#column);
      else if (action === 'J') this.#eraseBelow();
      else if (action !== undefined || token.startsWith('\u001b[?'))
        throw new Error(`unknown sequence ${JSON.stringify(token)}`);
      else if (token === '\n') this.#newLine();
      else if (token === '\r') this.#column = 0;
      else if (token === '\t') this.#column = (Math.floor(this.#column / 8) + 1) * 8;
      else if (!token.startsWith('\u001b[')) this.#print(token);
    }
  }

  /** The text of all rows, without their ends. */
  get text(): string {
    const rows = this.#lines.map((line) =>
      Array.from(line, (cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
    return rows.join('\n').trimEnd();
  }

  get #line(): string[] {
    return (this.#lines[this.#row] ??= []);
  }

  #up(count: number): void {
    const top = Math.max(0, this.#lines.length - this.rows);
    if (this.#row - count < top) throw new Error('expected a row that has not scrolled away');
    this.#row -= count;
  }

  #eraseBelow(): void {
    this.#line.length = Math.min(this.#line.length, this.#column);
    this.#lines.length = this.#row + 1;
  }

  #newLine(): void {
    this.#row += 1;
    this.#column = 0;
    void this.#line;
  }

  /** Adds to the last cell what belongs to it, such as a combining mark that was written later. */
  #joins(segment: string): boolean {
    const { row, column, width } = this.#last;
    const cell = this.#lines[row]?.[column];
    if (cell === undefined || this.#row !== row || this.#column !== column + width) return false;
    if ([...graphemes.segment(cell + segment)].length > 1) return false;
    this.#line[column] = cell + segment;
    return true;
  }

  #print(text: string): void {
    for (const { segment } of graphemes.segment(text)) {
      if (this.#joins(segment)) continue;
      const width = stringWidth(segment);
      if (this.#column + width > this.columns) throw new Error(`text past the last column: ${JSON.stringify(text)}`);
      const line = this.#line;
      line[this.#column] = segment;
      this.#last = { row: this.#row, column: this.#column, width };
      if (width === 2) line[this.#column + 1] = '';
      this.#column += width;
    }
  }
}
