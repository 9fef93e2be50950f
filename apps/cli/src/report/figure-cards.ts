import type { TimingAnalysis, TimingCheck } from '../timing/analyse-runs.ts';
import { milliseconds } from '../timing/milliseconds.ts';
import { checkLabels, measuredOf } from '../timing/timing-report.ts';
import { markup, type Markup } from './markup.ts';
import { toneMark } from './tone-mark.ts';

const tones = { met: 'good', missed: 'bad', 'not-measured': 'unknown' } as const;

/** Each figure against its bar: its value, and how much of the bar it takes. */
export function figureCards(analysis: TimingAnalysis): Markup {
  const shown = analysis.checks.filter(({ name, result }) => name !== 'complete' || result !== 'met');
  return markup`<ul class="cards">${shown.map((check) => card(check, analysis))}</ul>`;
}

function card(check: TimingCheck, analysis: TimingAnalysis): Markup {
  const tone = tones[check.result];
  const label = checkLabels[check.name];
  return markup`<li class="${tone}">
<div class="name">${label.charAt(0).toUpperCase()}${label.slice(1)}${toneMark(tone)}</div>
${check.measuredMs === undefined ? words(check, analysis) : figure(check.measuredMs, check, analysis)}
</li>`;
}

function figure(
  measuredMs: number,
  { name, percentile = 95, barMs = 0 }: TimingCheck,
  { runs }: TimingAnalysis,
): Markup {
  const [value = '', unit = ''] = milliseconds(measuredMs).split(' ');
  const share = barMs <= 0 ? 100 : Math.min(100, (measuredMs / barMs) * 100);
  const of = runs === 1 && name === 'first-event' ? '' : `p${percentile} `;
  return markup`<div class="value">${value} <small>${unit}</small></div>
<div class="meter"><i style="width:${share.toFixed(1)}%"></i></div>
<p class="bar">bar: ${of}≤ ${milliseconds(barMs)}</p>`;
}

const barsInWords: Readonly<Partial<Record<TimingCheck['name'], string>>> = {
  delivery: 'each event by itself, as it is made',
  complete: 'every run ends with its finish reason',
};

function words(check: TimingCheck, analysis: TimingAnalysis): Markup {
  const text = measuredOf(check, analysis);
  return markup`<div class="value">${text.length > 14 ? markup`<small>${text}</small>` : text}</div>
<p class="bar">${barsInWords[check.name] ?? ''}</p>`;
}
