import type { Output } from '../terminal/output.ts';

const colours = { '✓': 'green', '✗': 'red', '–': 'dim' } as const;

/**
 * Gives the marks at the beginnings of lines their colours, and lets what the server sent step back behind what arrived.
 * Where standard output shows no colours the lines stay as they are.
 */
export function paintMarks(lines: readonly string[], { style }: Pick<Output, 'style'>): string {
  return lines
    .map((line) =>
      line
        .replace(
          /^( *)([✓✗–])(?= )/u,
          (_, indent: string, mark: keyof typeof colours) => indent + style(colours[mark], mark),
        )
        .replace(/^ {2}sent .*$/u, (lane) => style('dim', lane)),
    )
    .join('\n');
}
