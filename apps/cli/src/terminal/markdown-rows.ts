import { render } from 'markdansi';
import wrapAnsi from 'wrap-ansi';
import type { Output } from './output.ts';
import { type MarkdownBlock, isTooDeep } from './markdown-blocks.ts';
import { visibleText } from './visible-text.ts';

const style = /(\u001b\[[\d;]*m)/;
const tab = '    ';

/** The most characters of a block that may mark emphasis, links or code: each is compared with all before it. */
const maxMarks = 512;

/** The look of rendered Markdown. */
interface MarkdownLook extends Pick<Output, 'style'> {
  /** The most cells of a row. */
  readonly width: number;
  readonly hasColours: boolean;
}

/**
 * Returns a block of Markdown as rows of a terminal. Each row fits, and has its styles to itself. The control characters in
 * the source must be replaced before. Links show their targets as text: a terminal's own links would hide them.
 */
export function markdownRows({ type, source, isApart }: MarkdownBlock, look: MarkdownLook): string[] {
  const text = type === 'code' ? codeText(source, look) : renderedText(source, look);
  const rows = wrapAnsi(text.replaceAll('\t', tab), look.width, { hard: true, trim: false }).split('\n');
  return isApart ? ['', ...rows] : rows;
}

function renderedText(source: string, { width, hasColours }: MarkdownLook): string {
  if (isTooDeep(source) || isTooDense(source)) return source.replaceAll(/^\n+|\n+$/g, '');
  const rendered = render(source, { width, color: hasColours, hyperlinks: false, codeBox: false });
  // A character reference such as `&#x202e;` becomes a character only here.
  const safe = rendered.split(style).map((part, index) => (index % 2 === 1 ? part : visibleText(part)));
  return safe.join('').replaceAll(/^\n+|\n+$/g, '');
}

/** Whether a block has so many marks that it is shown as it is. */
function isTooDense(source: string): boolean {
  return (source.match(/[*_~[\]`]/g)?.length ?? 0) > maxMarks;
}

function codeText(source: string, look: MarkdownLook): string {
  const line = source.replace(/\n$/, '');
  return line === '' ? '' : look.style('green', line);
}
