import { throwTypeError } from './options.ts';
import type { SseFrame } from './types.ts';

/**
 * Encodes one frame, blank line included, so that a parser returns the same event.
 *
 * @throws TypeError for an event name or id with CR, LF or NUL (the standard cannot carry them), for a `retryMs` that is
 * not a whole number of milliseconds, and for a frame without a field
 */
export function encodeSse({ data, event, id, retryMs, comment }: SseFrame): string {
  const isDelay = retryMs === undefined || (Number.isSafeInteger(retryMs) && retryMs >= 0);
  if (!isDelay) throwTypeError('retryMs', 'whole milliseconds', retryMs);
  const fields =
    encodeLines('', comment) +
    encodeName('event', event || undefined) +
    encodeName('id', id) +
    encodeLines('retry', retryMs?.toString()) +
    encodeLines('data', data);
  if (fields === '') throwTypeError('frame', 'a field', 'none');
  return `${fields}\n`;
}

function encodeLines(name: string, text: string | undefined): string {
  return text === undefined ? '' : `${name}: ${text.replaceAll(/\r\n|\r|\n/g, `\n${name}: `)}\n`;
}

function encodeName(name: string, value: string | undefined): string {
  // The value itself stays out of the message: it may be private.
  if (/[\r\n\0]/.test(value ?? '')) throwTypeError(name, 'no CR, LF or NUL', 'one');
  return encodeLines(name, value);
}
