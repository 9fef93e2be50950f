import type { EventFormat } from '../wire/event-format.ts';
import { defineFault } from './define-fault.ts';

/** `data:` without the space that is usual but optional. */
export const tightData = defineFault({
  description: 'No space stands between `data:` and the JSON.',
  defaults: {},
  format: (format): EventFormat => ({
    ...format,
    event: (chunk, index) => format.event(chunk, index).replace(/^data: /u, 'data:'),
  }),
});
