import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { drawMarks } from './picture/draw-marks.ts';
import { drawPicture, themes } from './picture/draw-picture.ts';
import { drawTrace } from './picture/draw-trace.ts';
import { measureAnswers } from './picture/measure-answer.ts';
import { measureTrace } from './picture/measure-trace.ts';
import { root } from './workspace-packages.ts';

/** The times of the marks of both rows, live first. */
function marksOf(svg: string): number[][] {
  const rows = svg.split('<g>').slice(1);
  return rows.map((row) => [...row.matchAll(/<circle[^>]* data-ms="([\d.]+)"/g)].map((match) => Number(match[1])));
}

it('a picture has a mark for each piece of a measured answer', async () => {
  const answers = await measureAnswers({ timeToFirstTokenMs: 1, tokensPerSecond: 2_000 });
  const [live, buffered] = marksOf(drawPicture(answers, themes.light));
  expect(live).toHaveLength(answers.live.length);
  expect(buffered).toHaveLength(answers.buffered.length);
  expect(answers.live.length).toBeGreaterThan(5);
});

it('a picture escapes the text of the model', () => {
  const chunks = [{ atMs: 5, text: '<script>&' }];
  const svg = drawPicture({ live: chunks, buffered: chunks }, themes.dark);
  expect(svg).toContain('&lt;script>&amp;');
  expect(svg).not.toContain('<script');
});

it.for(Object.keys(themes))('the README shows the %s picture, in which the buffered answer is one block', (name) => {
  const path = `docs/live-and-buffered-${name}.svg`;
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(path);
  const [live = [], buffered = []] = marksOf(readFileSync(join(root, path), 'utf8'));
  expect(live.length).toBeGreaterThan(5);
  expect(buffered).toHaveLength(live.length);
  // The buffered answer arrives after all but the last piece of the live one.
  expect(Math.min(...buffered)).toBeGreaterThan(live.at(-2) ?? Infinity);
});

const turn = [
  [0, 'POST /ask'],
  [1, 'generate_content gemini-flash-latest'],
  [2, 'POST'],
  [2, 'POST'],
  [1, 'execute_tool weather'],
  [1, 'generate_content gemini-flash-latest'],
  [2, 'POST'],
];

/** The depth and the name of each row. */
function rowsOf(svg: string): unknown[] {
  const rows = svg.split('<g data-depth="').slice(1);
  return rows.map((row) => [Number(row[0]), /<text[^>]*>([^<]*)</.exec(row)?.[1]]);
}

it('a picture of a trace has a row for each span, in its place', async () => {
  const spans = await measureTrace({ timeToFirstTokenMs: 1, tokensPerSecond: 2_000 });
  const svg = drawTrace(spans, themes.light);
  expect(rowsOf(svg)).toEqual(turn);
  expect([...svg.matchAll(/data-event="([^"]*)"/g)].map((match) => match[1])).toEqual(['gemini.stream.retry']);
});

it.for(Object.keys(themes))('the page about OpenTelemetry shows the %s picture', (name) => {
  expect(readFileSync(join(root, 'docs/opentelemetry.md'), 'utf8')).toContain(`trace-${name}.svg`);
  expect(rowsOf(readFileSync(join(root, `docs/trace-${name}.svg`), 'utf8'))).toEqual(turn);
});

it('a picture of marks has a bar for each mark, as long as its share', () => {
  const marks = { sdk: 'an <sdk>', alone: { good: 50, weak: 25, bad: 25 }, over: { good: 100, weak: 0, bad: 0 } };
  const svg = drawMarks([marks], themes.light);
  const bars = [...svg.matchAll(/width="([\d.]+)"[^>]* data-count="(\d+)"/g)].map((match) => [match[2], match[1]]);
  expect(bars.map(([count]) => Number(count))).toEqual([50, 25, 25, 100, 0, 0]);
  expect(Number(bars[0]?.[1]) * 2).toBeCloseTo(Number(bars[3]?.[1]), 0);
  expect(svg).toContain('an &lt;sdk>');
});
