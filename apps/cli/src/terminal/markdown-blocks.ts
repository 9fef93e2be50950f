import { Lexer, type Token, type Tokens } from 'marked';

/** A part of a Markdown text that later text does not change. */
export interface MarkdownBlock {
  readonly type: 'markdown' | 'code';
  /** Markdown, or lines of code without their fence. */
  readonly source: string;
  /** Whether an empty line comes before the block. */
  readonly isApart: boolean;
}

/** The longest block that is kept open, in characters: a longer one is cut, so that its cost has a limit. */
const maxOpenCharacters = 4_096;

/**
 * More levels of quotations and lists in one line than a text needs: libraries handle each level by a call of its own. A
 * line of `-` or `*` alone is a rule, which has no levels.
 */
const deepLine = /^(?![ \t]*([-*])(?:[ \t]*\1)*[ \t]*$)(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))){12}/m;

const fenceStart = /^ {0,3}(`{3,}|~{3,})/;

/**
 * Cuts a Markdown text into blocks while it arrives. A block is complete when the next one begins; of a list each item
 * counts, and of a fenced code block each line.
 */
export class MarkdownBlocks {
  /** The text after the last complete block. */
  #open = '';
  /** The line that opens the fenced code around `#open`. */
  #fence: string | undefined;
  #isApart = false;
  #hasBlocks = false;

  /** Adds text, and returns the blocks that it completes. */
  push(text: string): MarkdownBlock[] {
    const blocks: MarkdownBlock[] = [];
    // A piece at a time: the lexer needs more than linear time for some texts.
    for (let start = 0; start < text.length; start += maxOpenCharacters) {
      this.#open += text.slice(start, start + maxOpenCharacters);
      // Only another line can end a block.
      if (this.#open.includes('\n')) this.#settle(blocks);
      while (this.#open.length > maxOpenCharacters) this.#complete(blocks, cutOf(this.#open));
    }
    return blocks;
  }

  /** Returns the block that is not complete yet; `undefined` for an empty one. */
  get open(): MarkdownBlock | undefined {
    // The line that closes a fence is often the last of an answer, without its end.
    const isFenceEnd = this.#fence !== undefined && closingLine(this.#fence).test(`${this.#open}\n`);
    return this.#open.trim() === '' || isFenceEnd ? undefined : this.#block(this.#open);
  }

  /** Completes the open block. */
  finish(): MarkdownBlock[] {
    const { open } = this;
    this.#open = '';
    this.#fence = undefined;
    this.#isApart = false;
    this.#hasBlocks = false;
    return open === undefined ? [] : [open];
  }

  #settle(blocks: MarkdownBlock[]): void {
    for (;;) {
      const before = this.#open.length;
      if (this.#fence === undefined) this.#settleMarkdown(blocks);
      else this.#settleCode(blocks, this.#fence);
      if (this.#open.length === before) return;
    }
  }

  #settleMarkdown(blocks: MarkdownBlock[]): void {
    if (isTooDeep(this.#open)) {
      const end = this.#open.lastIndexOf('\n') + 1;
      if (end > 0) this.#complete(blocks, end);
      return;
    }
    // Without what is in the lines: that would take quadratic time for some texts.
    const tokens = new Lexer().blockTokens(this.#open, []);
    const last = tokens.findLastIndex(({ type }) => type !== 'space');
    const { length } = this.#open;
    // Where the token ends in the text that was open before.
    let end = 0;
    for (const [index, token] of tokens.entries()) {
      const start = end;
      end += token.raw.length;
      const settled = length - this.#open.length;
      if (token.type === 'space') {
        // All blocks before it are complete. The end of a fence may have been taken from it.
        this.#open = this.#open.slice(Math.max(0, end - settled));
        this.#isApart = this.#hasBlocks;
        continue;
      }
      // A fence that ends elsewhere for us than for the lexer: the rest is read once more.
      if (settled !== start) return;
      if (isFence(token)) {
        const line = /^[^\n]*\n/.exec(token.raw)?.[0];
        if (line === undefined) return;
        this.#fence = line;
        this.#open = this.#open.slice(line.length);
        this.#settleCode(blocks, line);
        if (this.#fence !== undefined) return;
        continue;
      }
      if (index < last || isClosed(token, tokens[index + 1])) this.#complete(blocks, token.raw.length);
      else {
        if (token.type === 'list') this.#completeItems(blocks, token as Tokens.List);
        return;
      }
    }
  }

  #completeItems(blocks: MarkdownBlock[], { items }: Tokens.List): void {
    for (const { raw } of items.slice(0, -1)) {
      if (!this.#open.startsWith(raw)) return;
      this.#complete(blocks, raw.length);
    }
  }

  /** Completes the lines of a fenced code block, as far as the text goes or until a line closes the fence. */
  #settleCode(blocks: MarkdownBlock[], fence: string): void {
    const closing = closingLine(fence);
    for (let end = this.#open.indexOf('\n') + 1; end > 0; end = this.#open.indexOf('\n') + 1) {
      if (closing.test(this.#open.slice(0, end))) {
        this.#open = this.#open.slice(end);
        this.#fence = undefined;
        return;
      }
      this.#complete(blocks, end);
    }
  }

  #complete(blocks: MarkdownBlock[], length: number): void {
    const source = this.#open.slice(0, length);
    blocks.push(this.#block(source));
    this.#hasBlocks = true;
    this.#open = this.#open.slice(length);
    this.#isApart = this.#fence === undefined && /\n[ \t]*\n\s*$/.test(source);
  }

  #block(source: string): MarkdownBlock {
    return { type: this.#fence === undefined ? 'markdown' : 'code', source, isApart: this.#isApart };
  }
}

/** Whether a text is nested too deep to be read as Markdown. */
export function isTooDeep(source: string): boolean {
  return deepLine.test(source);
}

/** Returns the pattern of a line that closes the fence of this line. */
function closingLine(fence: string): RegExp {
  const mark = fenceStart.exec(fence)?.[1] ?? '```';
  return new RegExp(`^ {0,3}${mark}${mark.charAt(0)}*[ \\t]*\\n`);
}

function isFence({ type, raw }: Token): boolean {
  return type === 'code' && fenceStart.test(raw);
}

/** Whether the last block of a text cannot change any more. A list may have another item after an empty line. */
function isClosed({ type, raw }: Token, next: Token | undefined): boolean {
  if ((type === 'heading' || type === 'hr') && raw.endsWith('\n')) return true;
  return next?.type === 'space' && /^(?:heading|hr|paragraph|table)$/.test(type);
}

/** Returns where to cut a block that is too long: after a line, or after a word. */
function cutOf(source: string): number {
  const head = source.slice(0, maxOpenCharacters);
  return Math.max(head.lastIndexOf('\n'), head.lastIndexOf(' ')) + 1 || maxOpenCharacters;
}
