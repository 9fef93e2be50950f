import { untilMsOf } from '../timing/time-axis.ts';
import { eventsTable } from './events-table.ts';
import { figureCards } from './figure-cards.ts';
import { markup, type Markup, unbroken } from './markup.ts';
import type { Report, ReportFinding, ReportLane } from './report.ts';
import { reportStyle } from './report-style.ts';
import { spreadTable } from './spread-table.ts';
import { timelineSvg } from './timeline-svg.ts';
import { toneMark } from './tone-mark.ts';

// Belt and braces over the escaping: no script runs, and nothing is loaded from anywhere.
const policy = `default-src 'none'; style-src 'unsafe-inline'`;

/** A report as one page that needs nothing from elsewhere: no script, no font, no image. */
export function htmlReport(report: Report): string {
  const { command, source, madeAt, tone, headline, lanes, findings, analysis } = report;
  const untilMs = untilMsOf(lanes.map(({ run }) => run));
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${headline} – ${command}</title>
<style>${{ source: reportStyle }}</style>
</head>
<body>
<main class="${tone}">
<p class="eyebrow"><b>${command}</b>${source === undefined ? '' : ` · ${source}`} · <time datetime="${madeAt.toISOString()}">${dateOf(madeAt)}</time></p>
${verdict(report)}
${figureCards(analysis)}
<h2>When each event was there</h2>
${legend(lanes)}
${lanes.map((lane) => laneFigure(lane, untilMs))}
${findings.length === 0 ? markup`` : markup`<h2>What was found</h2><ul class="findings">${findings.map(findingItem)}</ul>`}
<h2>The figures</h2>
${spreadTable(analysis)}
${lanes.map(eventsTable)}
<footer>Times are counted from the request, on the clock of the machine that asked.</footer>
</main>
</body>
</html>
`.source;
}

function verdict({ tone, headline, explanation, subject, cause, cure }: Report): Markup {
  const advice = [['The likely cause', cause] as const, ['What helps', cure] as const].flatMap(([name, text]) =>
    text === undefined ? [] : [markup`<p><b>${name}</b>${text}</p>`],
  );
  return markup`<h1>${toneMark(tone)}<span>${unbroken(headline)}</span></h1>
<p class="explanation">${unbroken(explanation)}</p>
<p class="subject"><bdi>${subject}</bdi></p>
${advice.length === 0 ? markup`` : markup`<div class="cure">${advice}</div>`}`;
}

function dateOf(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function legend(lanes: readonly ReportLane[]): Markup {
  const isSentKnown = lanes.some(({ run }) => run.events.some(({ sentMs }) => sentMs !== undefined));
  const sent = isSentKnown
    ? markup`<li><svg><circle class="sent" cx="9" cy="7" r="3.5" /></svg>sent by the server</li>`
    : markup`<li>this server does not tell when it sent</li>`;
  return markup`<ul class="legend">${sent}
<li><svg><circle class="arrived" cx="9" cy="7" r="6" /></svg>arrived; the area is its size</li></ul>`;
}

function laneFigure({ label, note, tone, run }: ReportLane, untilMs: number): Markup {
  return markup`<section class="lane ${tone}"><header><h3>${label}</h3><p>${note}</p></header>
${timelineSvg(run, untilMs)}
</section>`;
}

function findingItem({ label, tone, finding, cure }: ReportFinding): Markup {
  const mend = cure === undefined ? markup`` : markup`<p class="mend">${cure}</p>`;
  return markup`<li>${toneMark(tone)}<b>${label}</b><div><p>${finding}</p>${mend}</div></li>`;
}
