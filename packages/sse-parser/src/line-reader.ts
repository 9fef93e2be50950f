import { classifyLine, classifyLineHead, type LineKind } from './classify-line.ts';
import type { EventBlock } from './event-block.ts';
import { createTextBuffer } from './text-buffer.ts';
import type { TextCapture } from './text-capture.ts';

/** Cuts decoded text into lines and hands each to where its kind belongs. */
export interface LineReader {
  /** Whether the line that has begun is, or may become, a line of an event. */
  readonly pending: boolean;
  read(text: string): void;
  /** Closes the text. With `takeOpenField`, a line of an event that has begun counts as whole. */
  end(takeOpenField: boolean): void;
  reset(): void;
}

export interface LineTargets {
  readonly block: EventBlock;
  readonly texts: TextCapture | undefined;
  readonly comments: TextCapture | undefined;
}

const lineFeed = 10;

const isEventField = (kind: LineKind | undefined): boolean => kind === 'data' || kind === 'event' || kind === 'id';

export const createLineReader = ({ block, texts, comments }: LineTargets): LineReader => {
  /** A carriage return ended the last piece; a line feed at the start of the next belongs to it. */
  let skipLineFeed = false;
  /** The beginning of a line that no line end has come for, while too short to tell its kind. */
  let head = '';
  let openKind: LineKind | undefined;
  const openField = createTextBuffer();

  const wholeLine = (text: string, start: number, end: number): void => {
    if (start === end) {
      texts?.blankLine();
      block.blankLine();
      return;
    }
    const kind = classifyLine(text, start, end);
    if (kind === 'text') {
      texts?.append(text.slice(start, end));
      texts?.endLine();
      return;
    }
    texts?.close();
    if (kind === 'data') block.dataLine(text, start, end);
    else if (kind !== 'comment') block.fieldLine(text.slice(start, end));
    else if (comments) {
      comments.append(text.slice(start, end));
      comments.close();
    }
  };

  /** Takes a piece of a line that is not over. */
  const openLine = (piece: string): void => {
    let rest = piece;
    if (openKind === undefined) {
      head += piece;
      openKind = classifyLineHead(head);
      if (openKind === undefined) return;
      if (openKind !== 'text') texts?.close();
      rest = head;
      head = '';
    }
    if (openKind === 'text') return texts?.append(rest);
    if (openKind === 'comment') return comments?.append(rest);
    openField.append(rest);
    block.checkRoom(openField.chars, openField.countBytes);
  };

  const closeOpenLine = (): void => {
    const kind = openKind;
    openKind = undefined;
    if (kind === 'text') return texts?.endLine();
    if (kind === 'comment') return comments?.close();
    const line = kind === undefined ? head : openField.take();
    head = '';
    wholeLine(line, 0, line.length);
  };

  return {
    get pending() {
      return openKind === undefined ? head !== '' && !'retry'.startsWith(head) : isEventField(openKind);
    },
    read(text) {
      let start = 0;
      if (skipLineFeed && text !== '') {
        skipLineFeed = false;
        if (text.charCodeAt(0) === lineFeed) start = 1;
      }
      let feed = text.indexOf('\n', start);
      let carriageReturn = text.indexOf('\r', start);
      while (feed !== -1 || carriageReturn !== -1) {
        const endsWithFeed = carriageReturn === -1 || (feed !== -1 && feed < carriageReturn);
        const end = endsWithFeed ? feed : carriageReturn;
        let next = end + 1;
        if (!endsWithFeed) {
          if (next === text.length) skipLineFeed = true;
          else if (feed === next) next += 1;
        }
        if (openKind !== undefined || head !== '') {
          if (end > start) openLine(text.slice(start, end));
          closeOpenLine();
        } else {
          wholeLine(text, start, end);
        }
        start = next;
        if (feed !== -1 && feed < start) feed = text.indexOf('\n', start);
        if (carriageReturn !== -1 && carriageReturn < start) carriageReturn = text.indexOf('\r', start);
      }
      if (start < text.length) openLine(text.slice(start));
    },
    end(takeOpenField) {
      if (takeOpenField && isEventField(openKind)) closeOpenLine();
      else texts?.close();
    },
    reset() {
      skipLineFeed = false;
      head = '';
      openKind = undefined;
      openField.clear();
    },
  };
};
