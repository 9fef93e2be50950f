import { type Token, type Tokens, lexer } from 'marked';

/** A part of a Markdown text that later text does not change. */
export interface MarkdownBlock {
  readonly type: 'markdown' | 'code';
  /** Markdown, or lines of code without their fence. */
  readonly source: string;
  /** Whether an empty line comes before the block. */
  readonly isApart: boolean;
}

/** The longest block that is kept open, in characters: a longer one is cut, so that its cost has a limit. */
const maxOpenCharacters = 8_192;

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
    this.#open += text;
    const blocks: MarkdownBlock[] = [];
    // Only another line can end a block.
    if (this.#open.includes('\n')) this.#settle(blocks);
    while (this.#open.length > maxOpenCharacters) this.#complete(blocks, cutOf(this.#open));
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
    const tokens = lexer(this.#open);
    const last = tokens.findLastIndex(({ type }) => type !== 'space');
    for (const [index, token] of tokens.entries()) {
      if (token.type === 'space') {
        // All blocks before it are complete.
        this.#open = this.#open.slice(token.raw.length);
        this.#isApart = this.#hasBlocks;
        continue;
      }
      if (isFence(token)) {
        const line = /^[^\n]*\n/.exec(token.raw)?.[0];
        if (line === undefined) return;
        this.#fence = line;
        this.#open = this.#open.slice(line.length);
        return;
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

  #settleCode(blocks: MarkdownBlock[], fence: string): void {
    const end = this.#open.indexOf('\n') + 1;
    if (end === 0) return;
    const close = closingLine(fence).exec(this.#open);
    if (close === null) {
      this.#complete(blocks, end);
      return;
    }
    this.#open = this.#open.slice(close[0].length);
    this.#fence = undefined;
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
