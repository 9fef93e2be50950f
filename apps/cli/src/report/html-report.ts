import { access, constants, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CommandOptions } from '../command.ts';
import { UsageError } from '../exit-code.ts';
import { untilMsOf } from '../measure/timeline.ts';
import { type Markup, markup, toneMark, unbroken } from './markup.ts';
import type { Report, ReportFinding, ReportLane } from './report.ts';
import { eventsTable, figureCards, spreadTable } from './sections.ts';
import { timelineSvg } from './timeline-svg.ts';

// A second barrier behind the escaping: no script runs, and nothing is loaded.
const policy = `default-src 'none'; style-src 'unsafe-inline'`;

/** Returns a report as one self-contained page: no script, no font, no image. */
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

function verdict({ tone, headline, explanation, subject, cause, fix }: Report): Markup {
  const advice = [['Likely cause', cause] as const, ['Fix', fix] as const].flatMap(([name, text]) =>
    text === undefined ? [] : [markup`<p><b>${name}</b>${text}</p>`],
  );
  return markup`<h1>${toneMark(tone)}<span>${unbroken(headline)}</span></h1>
<p class="explanation">${unbroken(explanation)}</p>
<p class="subject"><bdi>${subject}</bdi></p>
${advice.length === 0 ? markup`` : markup`<div class="fix">${advice}</div>`}`;
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

function findingItem({ label, tone, finding, fix }: ReportFinding): Markup {
  const advice = fix === undefined ? markup`` : markup`<p class="advice">${fix}</p>`;
  return markup`<li>${toneMark(tone)}<b>${label}</b><div><p>${finding}</p>${advice}</div></li>`;
}

/**
 * Checks that a page can be written, before anything is measured for it.
 * @throws UsageError if its folder is missing or not writable
 */
export async function checkReportPath(path: string | undefined): Promise<void> {
  if (path === undefined) return;
  await access(dirname(path), constants.W_OK).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--report: cannot write ${path}: ${cause.message}`, { cause });
  });
}

/**
 * Writes the page to a file and replaces an older one.
 * @throws UsageError if the file cannot be written
 */
export async function writeReport(path: string, report: Report): Promise<void> {
  await writeFile(path, htmlReport(report)).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot write ${path}: ${cause.message}`, { cause });
  });
}

/** The option for a page: the same in every command that measures. */
export const reportOption = {
  report: { type: 'string', value: 'FILE.html', description: 'write the figures to one self-contained page' },
} as const satisfies CommandOptions;

/**
 * The style of the page. Blue and orange are distinct in every kind of colour vision, and each colour has a mark or a
 * word beside it.
 */
const reportStyle = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #fff; --ink: #16181d; --soft: #5b626e; --line: #e3e5e8;
  --good: #0b66c3; --good-wash: #e8f1fb; --bad: #b34700; --bad-wash: #fdf0e6; --unknown: #5b626e; --unknown-wash: #eff0f2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #111317; --card: #191c22; --ink: #eceef1; --soft: #9aa3b0; --line: #2d323b;
    --good: #6cb6ff; --good-wash: #14263a; --bad: #ffa657; --bad-wash: #33230f; --unknown: #9aa3b0; --unknown-wash: #23272e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 48px 24px 64px; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 920px; margin: 0 auto; }
.eyebrow { margin: 0 0 20px; color: var(--soft); font-size: 14px; }
.eyebrow b { color: var(--ink); font-weight: 600; }
h1 { display: flex; gap: 14px; align-items: flex-start; margin: 0 0 10px; font-size: 36px; line-height: 1.15; letter-spacing: -.02em; text-wrap: balance; }
h2 { margin: 56px 0 16px; font-size: 20px; letter-spacing: -.01em; }
.good { --tone: var(--good); --wash: var(--good-wash); }
.bad { --tone: var(--bad); --wash: var(--bad-wash); }
.unknown { --tone: var(--unknown); --wash: var(--unknown-wash); }
.mark {
  display: inline-grid; place-items: center; flex: none; width: 1.5em; height: 1.5em; border-radius: 50%;
  background: var(--wash); color: var(--tone); font-size: .8em; font-weight: 700; line-height: 1;
}
.explanation { max-width: 64ch; margin: 0; font-size: 18px; text-wrap: pretty; }
.subject { margin: 16px 0 0; color: var(--soft); overflow-wrap: anywhere; }
h1 span, .explanation { min-width: 0; overflow-wrap: anywhere; }
.fix { margin: 20px 0 0; padding: 14px 18px; border-left: 4px solid var(--tone); border-radius: 4px; background: var(--wash); overflow-wrap: anywhere; }
.fix b { display: block; font-size: 13px; color: var(--tone); }
.fix p { margin: 0; }
.fix p + p { margin-top: 12px; }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 40px 0 0; padding: 0; list-style: none; }
.cards li { padding: 18px 18px 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
.cards .name { display: flex; justify-content: space-between; gap: 8px; color: var(--soft); font-size: 14px; }
.cards .name .mark { width: 20px; height: 20px; font-size: 12px; }
.cards .value { margin: 6px 0 10px; font-size: 28px; font-weight: 650; letter-spacing: -.02em; line-height: 1.2; }
.cards .value small { font-size: 15px; font-weight: 500; color: var(--soft); letter-spacing: 0; }
.cards .bar { margin: 0; color: var(--soft); font-size: 13px; }
.meter { height: 4px; margin: 0 0 8px; border-radius: 2px; background: var(--line); overflow: hidden; }
.meter i { display: block; min-width: 4px; height: 100%; border-radius: 2px; background: var(--tone); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 24px; margin: 0 0 20px; padding: 0; list-style: none; color: var(--soft); font-size: 14px; }
.legend svg { width: 18px; height: 14px; margin-right: 8px; vertical-align: -2px; }
.lane { margin: 0 0 12px; padding: 18px 28px 14px 84px; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
.lane header { margin: 0 0 18px -62px; }
.lane h3 { margin: 0; font-size: 16px; overflow-wrap: anywhere; }
.lane header p { margin: 0; color: var(--soft); font-size: 14px; overflow-wrap: anywhere; }
.timeline { display: block; overflow: visible; font-size: 12px; }
.timeline .grid { stroke: var(--line); }
.timeline .base { stroke: var(--soft); stroke-opacity: .5; }
.timeline .tick { fill: var(--soft); text-anchor: middle; }
.timeline .row { fill: var(--soft); text-anchor: end; }
.timeline .sent, .legend .sent { fill: var(--card); stroke: var(--soft); stroke-width: 1.5; }
.timeline .way { stroke: var(--tone); stroke-opacity: .45; }
.timeline .arrived, .legend .arrived { fill: var(--tone); fill-opacity: .8; stroke: var(--card); stroke-width: 1; }
.legend .arrived { fill: var(--soft); }
.timeline .waiting { stroke: var(--tone); stroke-width: 2; stroke-dasharray: 2 5; stroke-linecap: round; }
.timeline .told { fill: var(--tone); paint-order: stroke; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round; }
.timeline .middle { text-anchor: middle; }
.timeline .end { text-anchor: end; }
.timeline .strong { font-weight: 650; font-size: 13px; }
.findings { margin: 0; padding: 0; list-style: none; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
.findings li { display: grid; grid-template-columns: 24px 215px 1fr; gap: 0 14px; padding: 14px 18px; }
.findings li + li { border-top: 1px solid var(--line); }
.findings b { font-weight: 600; }
.findings .mark { margin-top: 1px; }
.findings .mark { width: 24px; height: 24px; font-size: 13px; }
.findings p { margin: 0; overflow-wrap: anywhere; }
.findings .advice { margin-top: 4px; color: var(--soft); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th, td { padding: 8px 14px; text-align: right; white-space: nowrap; }
th { color: var(--soft); font-weight: 500; }
tr + tr td, tbody tr:first-child td { border-top: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
details { margin: 4px 0 0; }
.scroll + details { margin-top: 16px; }
details summary { padding: 6px 0; overflow-wrap: anywhere; cursor: pointer; color: var(--soft); }
details td:last-child, details th:last-child { min-width: 200px; text-align: left; white-space: pre-wrap; overflow-wrap: anywhere; }
footer { margin: 56px 0 0; color: var(--soft); font-size: 13px; }
@media (max-width: 720px) {
  body { padding: 28px 16px 40px; }
  h1 { font-size: 27px; gap: 10px; }
  .explanation { font-size: 17px; }
  h2 { margin: 40px 0 12px; }
  .cards { grid-template-columns: 1fr 1fr; gap: 10px; margin-top: 28px; }
  .cards li { padding: 14px; }
  .cards .value { font-size: 23px; }
  .lane { padding: 14px 20px 12px 66px; }
  .lane header { margin-left: -52px; }
  .timeline .odd, .timeline .wide { display: none; }
  table { font-size: 13px; }
  th, td { padding: 8px 6px; }
  th:first-child, td:first-child { white-space: normal; }
  .findings li { grid-template-columns: 24px 1fr; }
  .findings div { grid-column: 2; }
}
`;
