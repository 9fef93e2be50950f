import { expect, it } from 'vitest';
import { LiveRegion } from '../src/terminal/live-region.ts';
import { SmallTerminal } from './small-terminal.ts';

const size = { columns: 20, rows: 5 };

it('draws only the rows that change', () => {
  const region = new LiveRegion();
  expect(region.draw([], ['one', 'two'], size)).toBe('one\ntwo');
  expect(region.draw([], ['one', 'two'], size)).toBe('');
  expect(region.draw([], ['one', 'two three'], size)).toBe(' three');
  expect(region.draw([], ['one', 'two three', 'four'], size)).toBe('\nfour');
  expect(region.draw([], ['one', 'TWO', 'four'], size)).toBe('\u001b[1A\r\u001b[JTWO\nfour');
  expect(region.draw(['one', 'TWO'], ['four'], size)).toBe('');
  expect(region.draw(['four'], [], size)).toBe('\n');
});

it('erases rows that are no longer there', () => {
  const [region, terminal] = [new LiveRegion(), new SmallTerminal(20, 5)];
  for (const rows of [['a', 'b', 'c'], ['a'], ['a', 'd'], []]) terminal.write(region.draw([], rows, size));
  expect(terminal.text).toBe('');
  terminal.write(region.draw(['e'], [], size));
  expect(terminal.text).toBe('e');
});

it('shows the last of the open rows in a low terminal, and all of them when they are done', () => {
  const [region, terminal] = [new LiveRegion(), new SmallTerminal(20, 5)];
  const rows = Array.from({ length: 12 }, (_, index) => `row ${index}`);
  for (const [index] of rows.entries()) terminal.write(region.draw([], rows.slice(0, index + 1), size));
  expect(terminal.text).toBe('row 8\nrow 9\nrow 10\nrow 11');
  terminal.write(region.draw(rows, [], size));
  expect(terminal.text).toBe(rows.join('\n'));
});

it('counts the rows that a narrower terminal has made of them', () => {
  const same = new LiveRegion();
  same.draw([], ['one', 'two'], size);
  // The terminal may have moved them.
  expect(same.draw([], ['one', 'two'], { ...size, columns: 30 })).toBe('\u001b[1A\r\u001b[Jone\ntwo');
  const region = new LiveRegion();
  region.draw([], ['a row of twenty cells', 'short'], { columns: 30, rows: 24 });
  // Three rows are above the end of the last: two of the first, and its own.
  expect(region.draw([], ['again'], { columns: 15, rows: 24 })).toBe('\u001b[2A\r\u001b[Jagain');
});
