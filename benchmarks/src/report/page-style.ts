/** Of the results page: light and dark by the reader's choice, and wide tables that scroll by themselves on a phone. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6570; --paper: #fff; --line: #e3e7eb; --used: #0969da; --missed: #bc4c00; --track: #eef1f4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #98a2ad; --paper: #14171a; --line: #2b3137; --used: #58a6ff; --missed: #ff9a57; --track: #23282d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; margin: 3rem 0 .75rem; }
h2 small { color: var(--soft); font-size: .8rem; font-weight: 400; }
h3 { font-size: .95rem; margin: 1.75rem 0 .4rem; }
p { color: var(--soft); max-width: 46rem; margin: 0 0 1rem; }
nav a { color: var(--used); margin-right: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; font-weight: 400; white-space: normal; min-width: 11rem; }
thead th, thead th:first-child { color: var(--soft); font-size: .8rem; font-weight: 500; }
.picture { width: 13rem; min-width: 9rem; text-align: left; }
.picture svg { display: block; width: 100%; height: 16px; }
.verdict { text-align: left; }
.is-missed .verdict { color: var(--missed); font-weight: 600; }
.track { fill: var(--track); }
.used { fill: var(--used); }
.missed { fill: var(--missed); }
.bound { stroke: var(--ink); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.stretch { stroke: var(--soft); stroke-width: 1; vector-effect: non-scaling-stroke; }
.ratio { display: inline-block; width: 6rem; height: .5rem; margin-right: .6rem; border-radius: .25rem; background: linear-gradient(to right, var(--used) var(--share), var(--track) var(--share)); }
@media (max-width: 40rem) { .ratio { display: none; } }
`;
