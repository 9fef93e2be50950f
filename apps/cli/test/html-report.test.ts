import { describe, expect, it } from 'vitest';
import { analyseRuns } from '../src/measure/analysis.ts';
import type { MeasuredRun } from '../src/measure/measured-run.ts';
import { htmlReport } from '../src/report/html-report.ts';
import { markup } from '../src/report/markup.ts';
import type { Report } from '../src/report/report.ts';
import { makeRun } from './make-run.ts';

const hostile = `<script>pwned=1</script><img src=x onerror="pwned=1"> "' \u202e\u0007&amp;`;
function reportOf(run: MeasuredRun, text = 'plain'): Report {
  return {
    command: 'gemini-stream demo',
    subject: text,
    madeAt: new Date(run.startedAt),
    tone: 'good',
    headline: text,
    explanation: text,
    fix: text,
    analysis: analyseRuns([run]),
    lanes: [{ label: text, note: text, tone: 'good', run }],
    findings: [{ label: text, tone: 'bad', finding: text, fix: text }],
  };
}
function count(page: string, what: RegExp): number {
  return [...page.matchAll(what)].length;
}

describe('the page', () => {
  it('marks when each event was sent and when it arrived, and connects the two', () => {
    const run = makeRun([
      { sentMs: 100, arrivedMs: 200 },
      { sentMs: 200, arrivedMs: 400 },
    ]);
    const page = htmlReport(reportOf(run));
    expect(count(page, /<circle class="arrived" cx="[\d.]+%"/g)).toBe(2);
    expect(page).toContain('<line class="way" x1="25.000%" y1="14" x2="50.000%" y2="74" />');
    expect(page).toContain('<title>event 2: sent after 200 ms, arrived after 400 ms, 100 bytes</title>');
  });

  it('draws a mark whose area grows with the payload', () => {
    const run = makeRun([100, 200]);
    const [first, second] = run.events;
    if (first === undefined || second === undefined) throw new Error('expected two events');
    const page = htmlReport(reportOf({ ...run, events: [{ ...first, bytes: 25 }, second] }));
    expect([...page.matchAll(/class="arrived" cx="[^"]+%" cy="[^"]+" r="([\d.]+)"/g)].map((match) => match[1])).toEqual(
      ['4.0', '8.0'],
    );
  });

  it('shows how many events arrived at once', () => {
    expect(htmlReport(reportOf(makeRun([900, 900, 901, 901])))).toMatch(/>4 at once</);
    expect(htmlReport(reportOf(makeRun([100, 400, 700, 900])))).not.toContain('at once');
  });

  it('loads no other resource and runs no script', () => {
    const page = htmlReport(reportOf(makeRun([100, 200])));
    expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"`);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:|\bon\w+=/);
  });

  it('escapes the text of models and servers everywhere', () => {
    const page = htmlReport(reportOf(makeRun([100, 200], { text: hostile }), hostile));
    expect(page).not.toMatch(/<script|<img|[\u202e\u0007]/);
    expect(page).toContain('&lt;script&gt;pwned=1&lt;/script&gt;');
    // The same page but for the texts: no tag, no attribute more.
    const shape = (text: string): number => count(text, /<[^>]*>/g);
    expect(shape(page)).toBe(shape(htmlReport(reportOf(makeRun([100, 200])))));
  });

  it('shows only a part of a long stream, and states that', () => {
    const run = makeRun(
      Array.from({ length: 20_000 }, (_, index) => index),
      { text: 'x'.repeat(10_000) },
    );
    const page = htmlReport(reportOf(run));
    expect(page.length).toBeLessThan(1_000_000);
    expect(page).toContain('19700 more are not listed');
  });

  it('can be made from a run without an event', () => {
    expect(htmlReport(reportOf(makeRun([])))).toContain('no event arrived');
  });
});

describe('the markup tag', () => {
  it.for([
    ['<b>', '&lt;b&gt;'],
    [`"'&`, '&quot;&#39;&amp;'],
    ['\u001b[2J\u202e', '␛[2J&lt;202E&gt;'],
  ] as const)('escapes %j as %j', ([text, escaped]) => {
    expect(markup`<i title="${text}">${text}</i>`.source).toBe(`<i title="${escaped}">${escaped}</i>`);
  });

  it('inserts markup unchanged, and nothing for an absent value', () => {
    expect(markup`${markup`<b>`}${[markup`<i>`, markup`<u>`]}${undefined}${0}`.source).toBe('<b><i><u>0');
  });
});
