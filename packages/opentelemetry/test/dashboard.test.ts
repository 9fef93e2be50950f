import { createGemini, tool } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { parser } from '@prometheus-io/lezer-promql';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { instrumented } from './telemetry.ts';

const page = readFileSync(new URL('../../../docs/opentelemetry.md', import.meta.url), 'utf8');
const queries = [...page.matchAll(/^```promql\n(.*?)\n```$/gms)].map((match) => match[1] ?? '');

/** Records streams that make every metric, and returns the names of metrics and labels as the Collector writes them. */
async function recordedNames(): Promise<Set<string>> {
  using telemetry = instrumented();
  const calls = { functionCalls: [{ name: 'weather', args: {} }] };
  const script = [{ match: { functionResponse: 'weather' }, reply: { text: 'It rains.' } }, { reply: calls }];
  await using emulator = await createEmulator({ script });
  const tools = [tool({ name: 'weather', execute: () => 'rain' })];
  await createGemini({ baseUrl: emulator.url }).stream('hi', { tools }).text();
  const unavailable = createGemini({
    baseUrl: await emulator.urlOf('always-unavailable'),
    retry: { maxAttempts: 2, baseDelayMs: 0 },
  });
  await unavailable.stream('hi').outcome;
  await using talker = await createEmulator();
  await createGemini({ baseUrl: talker.url }).stream('hi').text();
  const suffixes: Readonly<Record<string, string>> = { s: '_seconds' };
  const underscored = (name: string): string => name.replaceAll(/\W/g, '_');
  const names = new Set(['le']);
  for (const [name, { descriptor, points }] of await telemetry.metrics()) {
    const base = `${underscored(name)}${suffixes[descriptor.unit] ?? ''}`;
    const parts = typeof points[0]?.value === 'number' ? ['total'] : ['bucket', 'sum', 'count'];
    for (const part of parts) names.add(`${base}_${part}`);
    for (const { attributes } of points) for (const label of Object.keys(attributes)) names.add(underscored(label));
  }
  return names;
}

it('the queries of the dashboard are valid, and name what is recorded', async () => {
  const recorded = await recordedNames();
  expect(queries.length).toBeGreaterThan(5);
  for (const query of queries) {
    const used: string[] = [];
    parser.parse(query).iterate({
      enter({ type, from, to }) {
        expect(type.isError, `${query} is not valid at ${from}`).toBe(false);
        if (type.name === 'Identifier' || type.name === 'LabelName') used.push(query.slice(from, to));
      },
    });
    expect(used).not.toEqual([]);
    expect(used.filter((name) => !recorded.has(name))).toEqual([]);
  }
});

it('the tables of the page have every metric that is recorded', async () => {
  using telemetry = instrumented();
  await using emulator = await createEmulator({ scenario: 'unavailable-then-fine' });
  await createGemini({ baseUrl: emulator.url, retry: { baseDelayMs: 0 } })
    .stream('hi')
    .text();
  const metrics = await telemetry.metrics();
  expect(metrics.size).toBeGreaterThan(5);
  for (const [name, { descriptor }] of metrics) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    expect(row?.split('|')[2]?.trim()).toBe(descriptor.unit);
  }
});
