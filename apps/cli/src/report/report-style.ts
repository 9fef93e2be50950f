/**
 * The page's own style. Blue and orange are told apart by every kind of colour vision, and no meaning hangs on a colour
 * alone: each has its mark or word beside it.
 */
export const reportStyle = `
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
.cure { margin: 20px 0 0; padding: 14px 18px; border-left: 4px solid var(--tone); border-radius: 4px; background: var(--wash); overflow-wrap: anywhere; }
.cure b { display: block; font-size: 13px; color: var(--tone); }
.cure p { margin: 0; }
.cure p + p { margin-top: 12px; }
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
.findings .mend { margin-top: 4px; color: var(--soft); }
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
