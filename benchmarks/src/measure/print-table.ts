import { recordResult } from './results.ts';

/** A number as the tables show it: three digits, and no more than it needs. */
export const formatNumber = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** A Markdown table, which can be read as it is. */
export const markdownTable = (heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(heads), line(rule), ...rows.map(line)].join('\n');
};

/** Prints a table, and keeps it for the report. */
export const printTable = (title: string, heads: readonly string[], rows: readonly (readonly string[])[]): void => {
  console.log(`\n${title}\n\n${markdownTable(heads, rows)}`);
  recordResult({ table: { title, heads, rows } });
};
