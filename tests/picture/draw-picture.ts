import type { MeasuredAnswers, TextChunk } from './measure-answer.ts';

/** The colours of a picture. */
export interface Theme {
  readonly page: string;
  readonly screen: string;
  readonly line: string;
  readonly text: string;
  readonly soft: string;
  readonly live: string;
  readonly buffered: string;
}

/** The colours for GitHub's light and dark pages. */
export const themes = {
  light: {
    page: '#ffffff',
    screen: '#f6f8fa',
    line: '#d1d9e0',
    text: '#1f2328',
    soft: '#59636e',
    live: '#1a7f37',
    buffered: '#bc4c00',
  },
  dark: {
    page: '#0d1117',
    screen: '#151b23',
    line: '#3d444d',
    text: '#f0f6fc',
    soft: '#9198a1',
    live: '#3fb950',
    buffered: '#db6d28',
  },
} as const satisfies Record<string, Theme>;

const width = 960;
const labelWidth = 112;
const gap = 14;
const screens = 3;
const screenWidth = (width - labelWidth - gap * screens) / screens;
const screenHeight = 220;
const rowHeight = screenHeight + 72;
const headerHeight = 34;
const charactersPerLine = 38;
const lineHeight = 15;
const tickMs = 500;

/**
 * Draws both answers as an SVG: the screen of a user at three moments of the live answer, and a mark for each piece of text
 * on a time axis.
 */
export function drawPicture({ live, buffered }: MeasuredAnswers, theme: Theme): string {
  const endMs = Math.max(live.at(-1)?.atMs ?? 0, buffered.at(-1)?.atMs ?? 0);
  // The first two moments are before the buffered answer arrives.
  const momentsMs = Array.from({ length: screens }, (_, index) => (endMs * (index + 1)) / screens);
  const rows = [
    { name: 'Live', chunks: live, colour: theme.live },
    { name: 'Buffered', chunks: buffered, colour: theme.buffered },
  ];
  const height = headerHeight + rows.length * rowHeight;
  const headings = momentsMs.map(
    (ms, index) => `<text x="${screenX(index)}" y="21" fill="${theme.soft}">after ${(ms / 1_000).toFixed(1)} s</text>`,
  );
  const first = live[0]?.atMs ?? 0;
  const last = buffered[0]?.atMs ?? 0;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13">
<title id="title">The same answer, live and buffered</title>
<desc id="desc">Live, the first text appears after ${seconds(first)} and grows in ${live.length} pieces. Buffered, the screen stays empty for ${seconds(last)}, and then shows everything at once.</desc>
<rect width="${width}" height="${height}" fill="${theme.page}"/>
${headings.join('\n')}
${rows.map((row, index) => drawRow({ ...row, y: headerHeight + index * rowHeight, momentsMs, endMs }, theme)).join('\n')}
</svg>
`;
}

interface Row {
  readonly name: string;
  readonly chunks: readonly TextChunk[];
  readonly colour: string;
  readonly y: number;
  readonly momentsMs: readonly number[];
  readonly endMs: number;
}

function drawRow({ name, chunks, colour, y, momentsMs, endMs }: Row, theme: Theme): string {
  const firstMs = chunks[0]?.atMs ?? 0;
  const axisY = y + screenHeight + 22;
  const label = `<text x="0" y="${y + 24}" fill="${colour}" font-size="17" font-weight="600">${name}</text>
<text x="0" y="${y + 46}" fill="${theme.soft}">first text</text>
<text x="0" y="${y + 64}" fill="${theme.soft}">after ${seconds(firstMs)}</text>`;
  const shown = momentsMs.map((ms, index) => {
    const isLast = index === momentsMs.length - 1;
    const text = chunks.filter(({ atMs }) => isLast || atMs <= ms).map((chunk) => chunk.text);
    return drawScreen(wrap(text.join('')), screenX(index), y, isLast, theme);
  });
  const timeX = (ms: number): number => labelWidth + ((width - labelWidth - gap) * ms) / endMs;
  const marks = chunks.map(
    ({ atMs }) =>
      `<circle cx="${timeX(atMs).toFixed(1)}" cy="${axisY}" r="4" fill="${colour}" data-ms="${atMs.toFixed(1)}"/>`,
  );
  const ticks = Array.from({ length: Math.floor(endMs / tickMs) + 1 }, (_, index) => index * tickMs).map(
    (ms) =>
      `<text x="${timeX(ms).toFixed(1)}" y="${axisY + 22}" fill="${theme.soft}" font-size="11" text-anchor="middle">${seconds(ms)}</text>`,
  );
  return `<g>
${label}
${shown.join('\n')}
<line x1="${labelWidth}" y1="${axisY}" x2="${width - gap}" y2="${axisY}" stroke="${theme.line}"/>
${ticks.join('\n')}
${marks.join('\n')}
</g>`;
}

function drawScreen(lines: readonly string[], x: number, y: number, isWhole: boolean, theme: Theme): string {
  const shown = isWhole ? lines : [...lines.slice(0, -1), `${lines.at(-1) ?? ''}▍`];
  const spans = shown.map(
    (line, index) => `<tspan x="${x + 12}" y="${y + 24 + index * lineHeight}">${escapeXml(line)}</tspan>`,
  );
  return `<rect x="${x}" y="${y}" width="${screenWidth}" height="${screenHeight}" rx="8" fill="${theme.screen}" stroke="${theme.line}"/>
<text fill="${theme.text}" font-size="12">${spans.join('')}</text>`;
}

function screenX(index: number): number {
  return labelWidth + index * (screenWidth + gap);
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > charactersPerLine) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** Escapes a text for an element or an attribute in double quotes. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
