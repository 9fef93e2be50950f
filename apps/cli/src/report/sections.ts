import type { Distribution, TimingAnalysis, TimingCheck } from '../measure/analysis.ts';
import type { MeasuredEvent } from '../measure/measured-run.ts';
import { checkLabels, measuredOf, milliseconds } from '../measure/report-text.ts';
import { type Markup, markup, toneMark } from './markup.ts';
import type { ReportLane } from './report.ts';

const tones = { met: 'good', missed: 'bad', 'not-measured': 'unknown' } as const;

/** Returns a card for each figure: its value, and its share of the limit. */
export function figureCards(analysis: TimingAnalysis): Markup {
  const shown = analysis.checks.filter(({ name, result }) => name !== 'complete' || result !== 'met');
  return markup`<ul class="cards">${shown.map((check) => card(check, analysis))}</ul>`;
}

function card(check: TimingCheck, analysis: TimingAnalysis): Markup {
  const tone = tones[check.result];
  const label = checkLabels[check.name];
  return markup`<li class="${tone}">
<div class="name">${label.charAt(0).toUpperCase()}${label.slice(1)}${toneMark(tone)}</div>
${check.measuredMs === undefined ? words(check, analysis) : figure(check.measuredMs, check)}
</li>`;
}

function figure(measuredMs: number, { percentile = 50, count, barMs = 0 }: TimingCheck): Markup {
  const [value = '', unit = ''] = milliseconds(measuredMs).split(' ');
  const share = barMs <= 0 ? 100 : Math.min(100, (measuredMs / barMs) * 100);
  const of = count === 1 ? '' : `p${percentile} `;
  return markup`<div class="value">${value} <small>${unit}</small></div>
<div class="meter"><i style="width:${share.toFixed(1)}%"></i></div>
<p class="bar">bar: ${of}≤ ${milliseconds(barMs)}</p>`;
}

const barsInWords: Readonly<Partial<Record<TimingCheck['name'], string>>> = {
  delivery: 'each event by itself, when it is generated',
  complete: 'every run ends with its finish reason',
};

function words(check: TimingCheck, analysis: TimingAnalysis): Markup {
  const text = measuredOf(check, analysis);
  return markup`<div class="value">${text.length > 14 ? markup`<small>${text}</small>` : text}</div>
<p class="bar">${barsInWords[check.name] ?? ''}</p>`;
}

/** Returns the table of the distributions. */
export function spreadTable({ firstEvent, interval, serverToScreen }: TimingAnalysis): Markup {
  return markup`<div class="scroll"><table>
<thead><tr><th>In milliseconds</th><th>count</th><th>p50</th><th>p95</th><th>p99</th><th>longest</th></tr></thead>
<tbody>
${spreadRow('First event', firstEvent, 'no event arrived')}
${spreadRow('Interval between events', interval, 'nothing to measure')}
${spreadRow('Server to screen', serverToScreen, 'not reported by this server')}
</tbody></table></div>`;
}

function spreadRow(name: string, spread: Distribution | undefined, without: string): Markup {
  if (spread === undefined) return markup`<tr><td>${name}</td><td colspan="5">${without}</td></tr>`;
  const { count, p50Ms, p95Ms, p99Ms, longestMs } = spread;
  const times = [p50Ms, p95Ms, p99Ms, longestMs].map(
    (ms) => markup`<td>${ms === undefined ? '–' : milliseconds(ms).replace(' ms', '')}</td>`,
  );
  return markup`<tr><td>${name}</td><td>${count}</td>${times}</tr>`;
}

const maxRows = 300;
const maxTextLength = 200;

/** Returns the folded list of a run's events: the first 300, with the first 200 characters of each. */
export function eventsTable({ label, run: { events } }: ReportLane): Markup {
  const omitted = events.length - maxRows;
  return markup`<details><summary>${label}: each event</summary>
<div class="scroll"><table>
<thead><tr><th>#</th><th>sent</th><th>arrived</th><th>shown</th><th>bytes</th><th>text</th></tr></thead>
<tbody>${events.slice(0, maxRows).map(eventRow)}</tbody></table></div>
${omitted > 0 ? markup`<p>${omitted} more are not listed.</p>` : markup``}</details>`;
}

function eventRow({ sentMs, arrivedMs, shownMs, bytes, text }: MeasuredEvent, index: number): Markup {
  const sent = sentMs === undefined ? '–' : milliseconds(sentMs);
  const shown = text.length > maxTextLength ? `${text.slice(0, maxTextLength).toWellFormed()}…` : text;
  const cells = [sent, milliseconds(arrivedMs), milliseconds(shownMs), bytes.toLocaleString('en-US')];
  return markup`<tr><td>${index + 1}</td>${cells.map((cell) => markup`<td>${cell}</td>`)}<td dir="auto">${shown}</td></tr>`;
}
