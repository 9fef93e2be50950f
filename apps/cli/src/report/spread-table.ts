import type { TimingAnalysis } from '../timing/analyse-runs.ts';
import type { Distribution } from '../timing/distribution.ts';
import { milliseconds } from '../timing/milliseconds.ts';
import { markup, type Markup } from './markup.ts';

/** How each figure is spread. */
export function spreadTable({ firstEvent, interval, serverToScreen }: TimingAnalysis): Markup {
  return markup`<div class="scroll"><table>
<thead><tr><th>In milliseconds</th><th>count</th><th>p50</th><th>p95</th><th>p99</th><th>longest</th></tr></thead>
<tbody>
${row('First event', firstEvent, 'no event came')}
${row('Interval between events', interval, 'nothing to measure')}
${row('Server to screen', serverToScreen, 'not told by this server')}
</tbody></table></div>`;
}

function row(name: string, figure: Distribution | undefined, without: string): Markup {
  if (figure === undefined) return markup`<tr><td>${name}</td><td colspan="5">${without}</td></tr>`;
  const { count, p50Ms, p95Ms, p99Ms, longestMs } = figure;
  const times = [p50Ms, p95Ms, p99Ms, longestMs].map((ms) => markup`<td>${milliseconds(ms).replace(' ms', '')}</td>`);
  return markup`<tr><td>${name}</td><td>${count}</td>${times}</tr>`;
}
