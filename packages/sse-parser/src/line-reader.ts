import { EventBlock, type ParserState } from './event-block.ts';
import type { ResolvedOptions } from './options.ts';
import { boundUtf8Length, TextBuffer, TextCapture } from './text-buffer.ts';

/** The kind of a line by its field name; `text` has an unknown name, which the standard ignores. */
type LineKind = 'data' | 'event' | 'id' | 'retry' | 'comment' | 'text';

const fieldNames = ['data', 'event', 'id', 'retry'] as const;

/** Cuts decoded text into lines and passes each to the event block or to a callback. */
export class LineReader {
  readonly #options: ResolvedOptions;
  readonly #block: EventBlock;
  /** The current lines in a row that are not SSE, if there is a listener for them. */
  #texts: TextCapture | undefined;
  /** Whether there was a data, event or id line since the last blank one. */
  #isInEvent = false;
  /** The current incomplete line, its first characters, and its kind once known. */
  #open: TextBuffer | undefined;
  #openHead = '';
  #openKind: LineKind | undefined;
  /** Upper bound of its bytes. */
  #openBound = 0;
  /** A carriage return ended the last piece; a line feed at the start of the next belongs to it. */
  #skipsLineFeed = false;

  constructor(options: ResolvedOptions, state: ParserState) {
    this.#options = options;
    this.#block = new EventBlock(options, state);
  }

  /** `SseParser.pending`; `isCut` if the bytes so far end inside a character. */
  isPending(isCut: boolean): boolean {
    return this.#isInEvent || (this.#open ? this.#openKind !== 'comment' : isCut);
  }

  /** Reads the next text; `excessBytes` is an upper bound of its UTF-8 bytes minus its UTF-16 code units. */
  read(text: string, excessBytes: number): void {
    let start = this.#skipsLineFeed && text[0] === '\n' ? 1 : 0;
    let feed = text.indexOf('\n', start);
    let carriageReturn = text.indexOf('\r', start);
    this.#skipsLineFeed = false;
    while (feed >= 0 || carriageReturn >= 0) {
      const isFeed = carriageReturn < 0 || (feed >= 0 && feed < carriageReturn);
      const end = isFeed ? feed : carriageReturn;
      const bound = boundUtf8Length(end - start, excessBytes);
      if (this.#open) {
        if (end > start) this.#takePiece(text.slice(start, end), bound);
        this.#takeOpenLine();
      } else if (text.startsWith('data:', start)) {
        // Nearly every line: it needs neither a slice of its own nor a second look.
        if (this.#texts) this.#closeTexts();
        this.#isInEvent = true;
        this.#block.addData(text, start, end, bound);
      } else this.#takeLine(text.slice(start, end), bound);
      start = end + 1;
      if (!isFeed) {
        this.#skipsLineFeed = start === text.length;
        if (feed === start) start += 1;
      }
      if (feed >= 0 && feed < start) feed = text.indexOf('\n', start);
      if (carriageReturn >= 0 && carriageReturn < start) carriageReturn = text.indexOf('\r', start);
    }
    if (start < text.length) this.#takePiece(text.slice(start), boundUtf8Length(text.length - start, excessBytes));
  }

  /** Closes the text, and with `lastEvent: 'emit'` the event, as if the lines were complete. */
  end(): void {
    const emitsEvent = this.#options.lastEvent === 'emit';
    if (this.#openKind === 'text' || (emitsEvent && isOfEvent(this.#openKind))) this.#takeOpenLine();
    this.#closeTexts();
    if (emitsEvent) this.#block.close(true);
  }

  /** Forgets what is kept of the stream. */
  clear(): void {
    this.#open = this.#texts = undefined;
    this.#openHead = '';
    this.#block.clear();
  }

  /** Takes a piece of a line that is not complete yet. */
  #takePiece(piece: string, bound: number): void {
    const { onComment, onText, maxEventBytes } = this.#options;
    let rest = piece;
    this.#openBound += bound;
    if (!this.#open || !this.#openKind) {
      this.#open = new TextBuffer();
      rest = this.#openHead += piece;
      if (!isUndecided(rest)) this.#openKind = classifyLine(rest);
      if (this.#openKind && this.#openKind !== 'text') this.#closeTexts();
    }
    const open = this.#open;
    const isText = this.#openKind === 'text';
    if (isText || this.#openKind === 'comment') {
      // Without a listener only the beginning is kept, so that the kind is known at the end of the line. With one, the
      // most that it is called with: of a comment without its colon and space.
      const maxChars = (isText ? onText : onComment) ? maxEventBytes + 2 : 0;
      if (open.chars <= maxChars) open.append(rest);
    } else {
      open.append(rest);
      if (this.#openKind) this.#block.checkRoom(this.#openBound, open);
    }
  }

  #takeOpenLine(): void {
    const line = this.#open?.text() ?? '';
    const bound = this.#openBound;
    this.#open = this.#openKind = undefined;
    this.#openHead = '';
    this.#openBound = 0;
    this.#takeLine(line, bound);
  }

  #takeLine(line: string, bound: number): void {
    const { onComment, onText, maxEventBytes } = this.#options;
    const kind = line && classifyLine(line);
    if (kind === 'text' && onText) this.#texts ??= new TextCapture(maxEventBytes);
    if (!kind || kind === 'text') this.#texts?.add(line);
    else this.#closeTexts();
    if (!kind || isOfEvent(kind)) this.#isInEvent = kind !== '';
    if (!kind) this.#block.close();
    else if (kind === 'data') this.#block.addData(line, 0, line.length, bound);
    else if (kind === 'comment') onComment?.(line.slice(line.startsWith(': ') ? 2 : 1).slice(0, maxEventBytes));
    else if (kind !== 'text') this.#block.addField(line);
  }

  #closeTexts(): void {
    if (this.#texts) this.#options.onText?.(this.#texts.text());
    this.#texts = undefined;
  }
}

/** Classifies a line that is not empty, or a beginning of it that decides. Names are compared literally. */
function classifyLine(line: string): LineKind {
  const colon = line.indexOf(':');
  if (colon === 0) return 'comment';
  return fieldNames.find((name) => name === (colon < 0 ? line : line.slice(0, colon))) ?? 'text';
}

/** Whether a line with this beginning can still become one kind or another. */
function isUndecided(head: string): boolean {
  return fieldNames.some((name) => name.startsWith(head));
}

function isOfEvent(kind: LineKind | undefined): boolean {
  return kind === 'data' || kind === 'event' || kind === 'id';
}
