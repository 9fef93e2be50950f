import { expect, it } from 'vitest';
import { paintMarks } from '../src/measure/report-text.ts';

function style(name: unknown, text: string): string {
  return `<${String(name)}>${text}</>`;
}

it.for([
  ['✓ every bar was met', '<green>✓</> every bar was met'],
  ['  ✗ not in blocks     buffered', '  <red>✗</> not in blocks     buffered'],
  ['  – server to screen  not told', '  <dim>–</> server to screen  not told'],
  ['  sent     ○   ○', '<dim>  sent     ○   ○</>'],
  ['  arrived  ●   ●', '  arrived  ●   ●'],
  ['  a ✓ in the middle', '  a ✓ in the middle'],
  ['✓not a mark', '✓not a mark'],
] as const)('paints %j as %j', ([line, painted]) => {
  expect(paintMarks([line], { style })).toBe(painted);
  expect(paintMarks([line, line], { style: (_, text) => text })).toBe(`${line}\n${line}`);
});
