import type { EventFormat } from '../wire/event-format.ts';
import { defineFault } from './define-fault.ts';

/** The end marker that other APIs have and gateways add. */
export const sentinel = defineFault({
  description: 'A last event says that the stream is over, as gateways add it.',
  defaults: { data: '[DONE]' },
  format: (format, { data }): EventFormat => ({
    ...format,
    close: (count) => `${format.close(count)}data: ${data}\r\n\r\n`,
  }),
});
