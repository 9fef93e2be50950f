import stringWidth from 'string-width';

/** Punctuation that stays with the character before it, also where lines may break between two wide characters. */
const closing = /^[、。，．！？：；」』）】〉》〕］｝〟’”…‥ー々ゝヽ・ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;)\]}%]/u;
const tabStop = 8;
/** A longer word, such as one of many marks without a width, is measured again with each piece up to here only. */
const maxWordLength = 1_024;
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Wraps text at words while it arrives. Nothing is held back: the part of a word is written at once, and if the rest does
 * not fit on the line, the part is erased and the word is written on the next line. Wide characters take two cells, and
 * combining marks none; between wide characters a line may break anywhere. A word that is longer than a line is cut.
 */
export class LineWrapper {
  /** The cells on the line before the current word. */
  #start = 0;
  /** The written part of the current word. */
  #word = '';
  #width = Infinity;

  /** Returns the text to write next to a terminal with lines of `width` cells. */
  write(text: string, width: number): string {
    if (width !== this.#width || this.#word.length > maxWordLength) this.#fix(width);
    let out = '';
    for (const [piece] of text.matchAll(/\n|[ \t]|[^\n \t]+/g)) {
      if (piece === '\n') {
        out += '\n';
        this.#startLine();
      } else out += piece === ' ' || piece === '\t' ? this.#space(piece) : this.#append(piece);
    }
    return out;
  }

  /** Whether the line has no text yet. */
  get isAtLineStart(): boolean {
    return this.#start === 0 && this.#word === '';
  }

  /** Starts a line that something else has begun. */
  #startLine(): void {
    this.#start = 0;
    this.#word = '';
  }

  // A terminal reflows its lines in its own way: the word so far stays where it is.
  #fix(width: number): void {
    const column = this.#start + widthOf(this.#word);
    this.#start = column > width ? column % (width + 1) : column;
    this.#word = '';
    this.#width = width;
  }

  #space(space: string): string {
    const column = this.#start + widthOf(this.#word);
    const next = space === '\t' ? (Math.floor(column / tabStop) + 1) * tabStop : column + 1;
    this.#word = '';
    // A space at the end of a line is the line's end.
    this.#start = Math.min(next, this.#width);
    return next <= this.#width ? space : '';
  }

  #append(piece: string): string {
    const whole = this.#word + piece;
    // The part of the current word that is on the line, and the part that is still to be written.
    let [written, unwritten, wordWidth] = [this.#word, '', 0];
    let left = this.#word.length;
    let out = '';
    let isAfterWide = false;
    this.#word = '';
    for (const cluster of clustersOf(whole)) {
      const width = widthOf(cluster);
      const isNew = wordWidth > 0 && (width === 2 || isAfterWide) && !closing.test(cluster);
      if (isNew) {
        out += unwritten;
        this.#start += wordWidth;
        [written, unwritten, wordWidth, this.#word] = ['', '', 0, ''];
      }
      if (this.#start + wordWidth + width > this.#width && this.#start + wordWidth > 0) {
        const isMoved = this.#start > 0 && wordWidth + width <= this.#width;
        if (isMoved) {
          out += `${erased(widthOf(written))}\n`;
          [written, unwritten] = ['', this.#word];
        } else {
          out += `${unwritten}\n`;
          [written, unwritten, wordWidth, this.#word] = ['', '', 0, ''];
        }
        this.#start = 0;
      }
      // Of a cluster that began in an earlier piece only the rest is written.
      const known = Math.min(left, cluster.length);
      left -= known;
      unwritten += cluster.slice(known);
      wordWidth += width;
      this.#word += cluster;
      isAfterWide = width === 2;
    }
    return out + unwritten;
  }
}

function* clustersOf(text: string): Generator<string, void> {
  if (isAscii(text)) yield* text;
  else for (const { segment } of graphemes.segment(text)) yield segment;
}

function widthOf(text: string): number {
  return isAscii(text) ? text.length : stringWidth(text);
}

function isAscii(text: string): boolean {
  return /^[\u0020-\u007e]*$/.test(text);
}

/** Moves the cursor back over some cells, and erases them. */
function erased(cells: number): string {
  return cells === 0 ? '' : `\u001b[${cells}D\u001b[K`;
}
