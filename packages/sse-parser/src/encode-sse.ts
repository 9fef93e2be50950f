import { expectOption } from './options.ts';

/** What one frame of an event stream can hold; at least one field. Every `SseEvent` is one. */
export interface SseFrame {
  /** Sent as one `data` line for each of its lines; CR and CRLF inside it arrive as LF. */
  data?: string | undefined;
  /** Must not contain CR, LF or NUL. The empty name is the same as none. */
  event?: string | undefined;
  /** Must not contain CR, LF or NUL. The empty id is sent: it makes the reader forget the last one. */
  id?: string | undefined;
  /** How long a reader should wait before it reconnects, in whole milliseconds. */
  retryMs?: number | undefined;
  /** Sent first, as one comment for each of its lines. */
  comment?: string | undefined;
  /** Accepted so that a parsed event is a frame; what is sent is always terminated. */
  unterminated?: true | undefined;
}

const encodeLines = (name: string, text: string | undefined): string =>
  text === undefined ? '' : `${name}: ${text.replaceAll(/\r\n|\r|\n/g, `\n${name}: `)}\n`;

const encodeName = (name: string, value: string | undefined): string => {
  // The value itself stays out of the message: it may be anyone's.
  if (/[\r\n\0]/.test(value ?? '')) expectOption(name, 'no CR, LF or NUL', 'one');
  return encodeLines(name, value);
};

/**
 * Encodes one frame, blank line included, so that a parser gives back the same event. Throws `TypeError` for an event
 * name or id with CR, LF or NUL (the standard cannot carry them), for a `retryMs` that is no whole number of
 * milliseconds, and for a frame with nothing in it.
 */
export const encodeSse = ({ data, event, id, retryMs, comment }: SseFrame): string => {
  const isDelay = retryMs === undefined || (Number.isSafeInteger(retryMs) && retryMs >= 0);
  if (!isDelay) expectOption('retryMs', 'whole milliseconds', retryMs);
  const fields =
    encodeLines('', comment) +
    encodeName('event', event || undefined) +
    encodeName('id', id) +
    encodeLines('retry', retryMs?.toString()) +
    encodeLines('data', data);
  if (fields === '') expectOption('frame', 'a field', 'none');
  return `${fields}\n`;
};
