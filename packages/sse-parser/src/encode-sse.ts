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

const lineEnd = /\r\n|\r|\n/;
const forbidden = /[\r\n\0]/;

const encodeLines = (name: string, text: string): string => {
  if (!text.includes('\n') && !text.includes('\r')) return `${name}: ${text}\n`;
  let lines = '';
  for (const line of text.split(lineEnd)) lines += `${name}: ${line}\n`;
  return lines;
};

const encodeName = (name: 'event' | 'id', value: string): string => {
  if (forbidden.test(value)) throw new TypeError(`${name}: expected a text without CR, LF and NUL, got one with them.`);
  return `${name}: ${value}\n`;
};

/**
 * Encodes one frame, blank line included, so that a parser gives back the same event. Throws `TypeError` for an event
 * name or id with CR, LF or NUL (the standard cannot carry them), for a `retryMs` that is no whole number of
 * milliseconds, and for a frame with nothing in it.
 */
export const encodeSse = ({ data, event, id, retryMs, comment }: SseFrame): string => {
  let frame = '';
  if (comment !== undefined) frame += encodeLines('', comment);
  if (event !== undefined && event !== '') frame += encodeName('event', event);
  if (id !== undefined) frame += encodeName('id', id);
  if (retryMs !== undefined) {
    if (!Number.isSafeInteger(retryMs) || retryMs < 0) {
      throw new TypeError(`retryMs: expected a whole number of milliseconds of at least 0, got ${String(retryMs)}.`);
    }
    frame += `retry: ${retryMs}\n`;
  }
  if (data !== undefined) frame += encodeLines('data', data);
  if (frame === '') throw new TypeError('frame: expected at least one of data, event, id, retryMs, comment, got none.');
  return `${frame}\n`;
};
