import { createEventBlock, type ParserState } from './event-block.ts';
import type { ResolvedOptions } from './options.ts';
import {
  boundUtf8Length,
  createTextBuffer,
  createTextCapture,
  type TextBuffer,
  type TextCapture,
} from './text-buffer.ts';

/** Cuts decoded text into lines and hands each to where its kind belongs. */
export interface LineReader {
  /** Whether an event is open, as `SseParser.pending` defines it; `isCut`: the bytes so far end inside a character. */
  pending(isCut?: boolean): boolean;
  /** `excessBytes` is how many UTF-8 bytes more than code units the text has at most. */
  read(text: string, excessBytes: number): void;
  /** Closes the text, and with `lastEvent: 'emit'` the event, as if its lines were whole. */
  end(): void;
  /** Forgets what is kept of the stream. */
  clear(): void;
}

const isOfEvent = (kind: LineKind | undefined): boolean => kind === 'data' || kind === 'event' || kind === 'id';

export const createLineReader = (options: ResolvedOptions, state: ParserState): LineReader => {
  const { onComment, onText, maxEventBytes } = options;
  const block = createEventBlock(options, state);
  /** The lines in a row that are not SSE, if there are any and somebody listens. */
  let texts: TextCapture | undefined;
  /** Whether a data, event or id line has come since the last blank one. */
  let inEvent = false;
  /** The line that has begun, what it began with, and its kind as soon as that is certain. */
  let open: TextBuffer | undefined;
  let openHead = '';
  let openKind: LineKind | undefined;
  /** At least as many bytes as it has. */
  let openBound = 0;
  /** A carriage return ended the last piece; a line feed at the start of the next belongs to it. */
  let skipLineFeed = false;

  const closeTexts = (): void => {
    if (texts) onText?.(texts.text());
    texts = undefined;
  };

  const takeLine = (line: string, bound: number): void => {
    const kind = line && classifyLine(line);
    if (kind === 'text' && onText) texts ??= createTextCapture(maxEventBytes);
    if (!kind || kind === 'text') texts?.add(line);
    else closeTexts();
    if (!kind || isOfEvent(kind)) inEvent = kind !== '';
    if (!kind) block.close();
    else if (kind === 'data') block.dataLine(line, 0, line.length, bound);
    else if (kind === 'comment') onComment?.(line.slice(line.startsWith(': ') ? 2 : 1).slice(0, maxEventBytes));
    else if (kind !== 'text') block.fieldLine(line);
  };

  const takeOpenLine = (): void => {
    const line = open?.text() ?? '';
    const bound = openBound;
    open = openKind = undefined;
    openHead = '';
    openBound = 0;
    takeLine(line, bound);
  };

  /** Takes a piece of a line that is not over. */
  const takePiece = (piece: string, bound: number): void => {
    let rest = piece;
    openBound += bound;
    if (!open || !openKind) {
      open = createTextBuffer();
      rest = openHead += piece;
      if (!isUndecided(rest)) openKind = classifyLine(rest);
      if (openKind && openKind !== 'text') closeTexts();
    }
    const isText = openKind === 'text';
    if (isText || openKind === 'comment') {
      // Of what nobody listens to, only the beginning is kept, so that its kind is known when it ends. Of the rest,
      // what will be told: a comment without its colon and space.
      if (open.chars() <= ((isText ? onText : onComment) ? maxEventBytes + 2 : 0)) open.append(rest);
    } else {
      open.append(rest);
      if (openKind) block.checkRoom(openBound, open);
    }
  };

  return {
    pending: (isCut = false) => inEvent || (open ? openKind !== 'comment' : isCut),
    read(text, excessBytes) {
      let start = skipLineFeed && text[0] === '\n' ? 1 : 0;
      let feed = text.indexOf('\n', start);
      let carriageReturn = text.indexOf('\r', start);
      skipLineFeed = false;
      while (feed >= 0 || carriageReturn >= 0) {
        const isFeed = carriageReturn < 0 || (feed >= 0 && feed < carriageReturn);
        const end = isFeed ? feed : carriageReturn;
        const bound = boundUtf8Length(end - start, excessBytes);
        if (open) {
          if (end > start) takePiece(text.slice(start, end), bound);
          takeOpenLine();
        } else if (text.startsWith('data:', start)) {
          // Nearly every line there is: it needs neither a slice of its own nor a second look.
          closeTexts();
          inEvent = true;
          block.dataLine(text, start, end, bound);
        } else takeLine(text.slice(start, end), bound);
        start = end + 1;
        if (!isFeed) {
          skipLineFeed = start === text.length;
          if (feed === start) start += 1;
        }
        if (feed >= 0 && feed < start) feed = text.indexOf('\n', start);
        if (carriageReturn >= 0 && carriageReturn < start) carriageReturn = text.indexOf('\r', start);
      }
      if (start < text.length) takePiece(text.slice(start), boundUtf8Length(text.length - start, excessBytes));
    },
    end() {
      const takeEvent = options.lastEvent === 'emit';
      if (openKind === 'text' || (takeEvent && isOfEvent(openKind))) takeOpenLine();
      closeTexts();
      if (takeEvent) block.close(true);
    },
    clear() {
      open = texts = undefined;
      openHead = '';
      block.clear();
    },
  };
};

/** What a line is by its field name; `text` is what the standard calls an unknown field and ignores. */
export type LineKind = 'data' | 'event' | 'id' | 'retry' | 'comment' | 'text';

const names = ['data', 'event', 'id', 'retry'] as const;

/** Classifies a line that is not empty, by a beginning of it that decides. Names are compared literally. */
export const classifyLine = (line: string): LineKind => {
  const colon = line.indexOf(':');
  return colon === 0 ? 'comment' : (names.find((name) => name === (colon < 0 ? line : line.slice(0, colon))) ?? 'text');
};

/** Whether a line that begins like this may still become one kind or another. */
export const isUndecided = (head: string): boolean => names.some((name) => name.startsWith(head));
