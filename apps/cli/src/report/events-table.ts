import { milliseconds } from '../timing/milliseconds.ts';
import type { MeasuredEvent } from '../timing/measured-run.ts';
import { markup, type Markup } from './markup.ts';
import type { ReportLane } from './report.ts';

const mostRows = 300;
const longestText = 200;

/** The events of a run, folded away: the first 300, the first 200 characters of each. */
export function eventsTable({ label, run: { events } }: ReportLane): Markup {
  const omitted = events.length - mostRows;
  return markup`<details><summary>${label}: each event</summary>
<div class="scroll"><table>
<thead><tr><th>#</th><th>sent</th><th>arrived</th><th>shown</th><th>bytes</th><th>text</th></tr></thead>
<tbody>${events.slice(0, mostRows).map(row)}</tbody></table></div>
${omitted > 0 ? markup`<p>${omitted} more are not listed.</p>` : markup``}</details>`;
}

function row({ sentMs, arrivedMs, shownMs, bytes, text }: MeasuredEvent, index: number): Markup {
  const sent = sentMs === undefined ? '–' : milliseconds(sentMs);
  const shown = text.length > longestText ? `${text.slice(0, longestText).toWellFormed()}…` : text;
  const cells = [sent, milliseconds(arrivedMs), milliseconds(shownMs), bytes.toLocaleString('en-US')];
  return markup`<tr><td>${index + 1}</td>${cells.map((cell) => markup`<td>${cell}</td>`)}<td dir="auto">${shown}</td></tr>`;
}
