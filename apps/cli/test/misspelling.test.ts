import { expect, it } from 'vitest';
import { commandTable } from '../src/command-table.ts';
import { nearestName } from '../src/misspelling.ts';
import { runHere } from './run-here.ts';

const names = commandTable.map(({ name }) => name);

it.for([
  ['doctr', 'doctor'],
  ['docktor', 'doctor'],
  ['dcotor', 'doctor'],
  ['dmeo', 'demo'],
  ['demoo', 'demo'],
  ['verifi', 'verify'],
  ['cht', 'chat'],
])('%j is a misspelt %s', ([word, name]) => {
  expect(nearestName(word ?? '', names)).toBe(name);
});

it.for(['what', 'that', 'memo', 'hi', 'tides', 'why', 'doctorate'])('%j is a prompt', (word) => {
  expect(nearestName(word, names)).toBeUndefined();
});

it.for([
  [['doctr'], 'unknown command doctr: did you mean doctor? (gemini-stream -- doctr sends it as a prompt)'],
  [['dmeo', '--report', 'x.html'], 'unknown command dmeo: did you mean demo?'],
  [['repaly', 'bug.ndjson'], 'did you mean replay?'],
  [['hlep'], 'did you mean help?'],
  [['--modle', 'x', 'hi'], 'unknown option --modle: did you mean --model?'],
  [['--baseUrl', 'x', 'hi'], 'unknown option --baseUrl: did you mean --base-url?'],
  [['chat', '--no-emualtor'], 'unknown option --no-emualtor: did you mean --emulator?'],
  [['--versoin'], 'unknown option --versoin: did you mean --version?'],
  [['chat', '--version'], 'unknown option --version: --help lists the options'],
  [['--bogus', 'hi'], 'unknown option --bogus: --help lists the options, and -- --bogus sends it as text'],
  [['hi', '-m'], '-m needs a value: -m NAME'],
  [['hi', '--model'], '--model needs a value: --model NAME'],
  [['--stop', '-x', 'hi'], '--stop needs a value: for one that begins with -, write --stop=-'],
  [['--json=3', 'hi'], '--json takes no value'],
] as const)('%j is refused with the name that was meant', async ([words, message]) => {
  const run = await runHere(words);
  expect(run).toMatchObject({ exitCode: 2, stdout: '' });
  expect(run.stderr).toContain(message);
  expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
});
