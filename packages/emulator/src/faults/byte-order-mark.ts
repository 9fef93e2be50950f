import type { EventFormat } from '../wire/event-format.ts';
import { defineFault } from './define-fault.ts';

/** A byte order mark in front of the stream. */
export const byteOrderMark = defineFault({
  description: 'The stream begins with a byte order mark, which the standard says to drop.',
  defaults: {},
  format: (format): EventFormat => ({
    ...format,
    event: (chunk, index) => `${index === 0 ? '\u{FEFF}' : ''}${format.event(chunk, index)}`,
  }),
});
