import type { EventFormat } from '../wire/event-format.ts';
import { defineFault } from './define-fault.ts';

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
  let text = '';
  for (const line of event.split('\r\n').slice(0, -1)) {
    const end = next();
    // After a CR an LF is the rest of the same line end, and the blank line would be none.
    text += line + (line === '' && text.endsWith('\r') && end === '\n' ? next() : end);
  }
  return text;
}
