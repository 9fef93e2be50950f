import type { EventFormat } from '../wire/event-format.ts';
import { defineFault } from './define-fault.ts';

// In this order: an LF right after a CR would be the rest of the same line end, and a blank line would be none.
const mixed = ['\r\n', '\n', '\r'] as const;

/** Line ends other than the API's CRLF. */
export const lineEnds = defineFault({
  description: "Lines end with LF ('lf'), with CR ('cr'), or differently from line to line ('mixed').",
  defaults: { style: 'lf' },
  format(format, { style }): EventFormat {
    let count = 0;
    const next = (): string => {
      count += 1;
      if (style === 'mixed') return mixed[count % mixed.length] ?? '\n';
      return style === 'cr' ? '\r' : '\n';
    };
    return { ...format, event: (chunk, index) => endLines(format.event(chunk, index), next) };
  },
});

function endLines(event: string, next: () => string): string {
  const lines = event.split('\r\n').slice(0, -1);
  return lines.map((line) => line + next()).join('');
}
