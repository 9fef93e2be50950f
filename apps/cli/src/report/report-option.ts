import type { CommandOptions } from '../command.ts';

/** How to ask for a page: the same in every command that measures. */
export const reportOption = {
  report: { type: 'string', value: 'FILE.html', description: 'write what was measured as one self-contained page' },
} as const satisfies CommandOptions;
