import type { EventFormat } from '../wire/event-format.ts';
import { defineFault } from './define-fault.ts';

/** Lines that the standard knows and the API does not send. */
export const eventLines = defineFault({
  description:
    'Lines stand before (or, with `after`, behind) the data line of every event: `event:`, `id:`, `retry:` or comments.',
  defaults: { before: '', after: '' },
  format: (format, { before, after }): EventFormat => ({
    ...format,
    event(chunk, index) {
      const lines = (text: string): string =>
        text === '' ? '' : `${text.replaceAll('{index}', `${index}`).replaceAll('\n', '\r\n')}\r\n`;
      return `${lines(before)}${format.event(chunk, index).replace(/\r\n\r\n$/u, '\r\n')}${lines(after)}\r\n`;
    },
  }),
});
