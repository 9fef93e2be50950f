import { type Theme, escapeXml } from './draw-picture.ts';
import type { MeasuredSpan } from './measure-trace.ts';

const width = 960;
const labelWidth = 330;
const rowHeight = 34;
const headerHeight = 40;
const footerHeight = 40;
const indent = 18;
const ticksCount = 5;

/** Draws a trace as an SVG: a row for each span, with its bar, its events and its first chunk on one time axis. */
export function drawTrace(spans: readonly MeasuredSpan[], theme: Theme): string {
  const endMs = Math.max(...spans.map((span) => span.endMs));
  const height = headerHeight + spans.length * rowHeight + footerHeight;
  const x = (ms: number): number => labelWidth + ((width - labelWidth - 24) * ms) / endMs;
  const ticks = Array.from({ length: ticksCount + 1 }, (_, index) => (endMs * index) / ticksCount).map(
    (
      ms,
    ) => `<line x1="${x(ms).toFixed(1)}" y1="${headerHeight - 8}" x2="${x(ms).toFixed(1)}" y2="${height - footerHeight}" stroke="${theme.line}"/>
<text x="${x(ms).toFixed(1)}" y="${headerHeight - 16}" fill="${theme.soft}" font-size="11" text-anchor="middle">${Math.round(ms)} ms</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13">
<title id="title">One turn as a trace</title>
<desc id="desc">${escapeXml(spans.map(({ name, depth }) => `${'below '.repeat(depth)}${name}`).join(', '))}</desc>
<rect width="${width}" height="${height}" fill="${theme.page}"/>
${ticks.join('\n')}
${spans.map((span, index) => drawSpan(span, headerHeight + index * rowHeight, x, theme)).join('\n')}
<circle cx="${labelWidth}" cy="${height - 16}" r="4" fill="${theme.page}" stroke="${theme.text}" stroke-width="2"/>
<text x="${labelWidth + 12}" y="${height - 12}" fill="${theme.soft}" font-size="11">first chunk</text>
<path d="${diamond(labelWidth + 110, height - 16)}" fill="${theme.buffered}"/>
<text x="${labelWidth + 122}" y="${height - 12}" fill="${theme.soft}" font-size="11">gemini.stream.retry</text>
</svg>
`;
}

function drawSpan(span: MeasuredSpan, y: number, x: (ms: number) => number, theme: Theme): string {
  const { name, depth, startMs, endMs, firstChunkMs, verdict, events } = span;
  const middle = y + rowHeight / 2;
  const isStream = verdict !== undefined;
  const colour = isStream ? theme.live : theme.soft;
  const barWidth = Math.max(2, x(endMs) - x(startMs));
  const marks = events.map(
    ({ name: event, atMs }) =>
      `<path d="${diamond(x(atMs), middle)}" fill="${theme.buffered}" data-event="${escapeXml(event)}"/>`,
  );
  const first =
    firstChunkMs === undefined
      ? []
      : [
          `<circle cx="${x(firstChunkMs).toFixed(1)}" cy="${middle}" r="4" fill="${theme.page}" stroke="${theme.text}" stroke-width="2"/>`,
        ];
  const verdictText = isStream
    ? [
        `<text x="${(x(startMs) + 6).toFixed(1)}" y="${middle - 10}" fill="${theme.soft}" font-size="9">${escapeXml(verdict)}</text>`,
      ]
    : [];
  return `<g data-depth="${depth}">
<text x="${8 + depth * indent}" y="${middle + 4}" fill="${theme.text}"${isStream ? ' font-weight="600"' : ''}>${escapeXml(name)}</text>
<rect x="${x(startMs).toFixed(1)}" y="${middle - 7}" width="${barWidth.toFixed(1)}" height="14" rx="3" fill="${colour}" fill-opacity="${isStream ? 1 : 0.55}"/>
${[...verdictText, ...marks, ...first].join('\n')}
</g>`;
}

function diamond(x: number, y: number): string {
  return `M${(x - 5).toFixed(1)} ${y} L${x.toFixed(1)} ${y - 5} L${(x + 5).toFixed(1)} ${y} L${x.toFixed(1)} ${y + 5} Z`;
}
