import type { Marks, SdkMarks } from '../../scripts/count-cases.ts';
import { type Theme, escapeXml } from './draw-picture.ts';

const width = 960;
const labelWidth = 220;
const barHeight = 18;
const groupHeight = 64;
const top = 44;

/** Draws two bars for each SDK, alone and over our fetch: the shares of cases that end well, weakly and badly. */
export function drawMarks(list: readonly SdkMarks[], theme: Theme): string {
  const height = top + list.length * groupHeight + 8;
  const colours = { good: theme.live, weak: theme.soft, bad: theme.buffered };
  const legend = Object.entries(colours).map(([mark, colour], index) => {
    const x = labelWidth + index * 110;
    return `<rect x="${x}" y="14" width="12" height="12" rx="2" fill="${colour}"/>
<text x="${x + 18}" y="24" fill="${theme.soft}">${mark}</text>`;
  });
  const groups = list.map(({ sdk, alone, over }, index) => {
    const y = top + index * groupHeight;
    return `<g>
<text x="0" y="${y + 26}" fill="${theme.text}" font-weight="600">${escapeXml(sdk.replaceAll('`', ''))}</text>
${drawBar('alone', alone, y, colours, theme)}
${drawBar('over our fetch', over, y + barHeight + 6, colours, theme)}
</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title desc" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13">
<title id="title">SDKs on hostile servers, alone and over our fetch</title>
<desc id="desc">${escapeXml(list.map(({ sdk, alone, over }) => `${sdk.replaceAll('`', '')}: ${describe(alone)} alone, ${describe(over)} over our fetch`).join('; '))}</desc>
<rect width="${width}" height="${height}" fill="${theme.page}"/>
${legend.join('\n')}
${groups.join('\n')}
</svg>
`;
}

type Colours = Readonly<Record<keyof Marks, string>>;

function drawBar(label: string, marks: Marks, y: number, colours: Colours, theme: Theme): string {
  const total = marks.good + marks.weak + marks.bad;
  const scale = (width - labelWidth - 130) / total;
  let x = labelWidth + 110;
  const parts = (Object.keys(colours) as (keyof Marks)[]).map((mark) => {
    const length = marks[mark] * scale;
    const bar = `<rect x="${x.toFixed(1)}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" fill="${colours[mark]}" data-count="${marks[mark]}"/>`;
    const count =
      length > 24
        ? `<text x="${(x + 6).toFixed(1)}" y="${y + 13}" fill="${theme.page}" font-size="11">${marks[mark]}</text>`
        : '';
    x += length;
    return bar + count;
  });
  return `<text x="${labelWidth}" y="${y + 13}" fill="${theme.soft}" font-size="11">${label}</text>
${parts.join('\n')}`;
}

function describe({ good, weak, bad }: Marks): string {
  return `${good} good, ${weak} weak, ${bad} bad`;
}
