import type { EventFormat } from '../wire/event-format.ts';
import { defineFault } from './define-fault.ts';

/** JSON printed over several lines, each a `data:` line of the same event. */
export const prettyData = defineFault({
  description: 'The JSON of every event is spread over several data lines.',
  defaults: { indent: 2 },
  format: (format, { indent }): EventFormat => ({
    ...format,
    event(chunk) {
      const lines = JSON.stringify(chunk, undefined, Math.max(1, indent)).split('\n');
      return `${lines.map((line) => `data: ${line}\r\n`).join('')}\r\n`;
    },
  }),
});
