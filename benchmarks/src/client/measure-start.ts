import { execFileSync } from 'node:child_process';
import { median } from '../measure/interleave.ts';
import type { Goal } from '../measure/goal.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';

const programs = {
  'bare node': '',
  '@gemini/client, built': `
    import { createGemini } from '@gemini/client';
    for await (const text of createGemini({ baseUrl, apiKey: 'none' }).stream('hi').textStream) break;`,
  '@google/genai': `
    import { GoogleGenAI } from '@google/genai';
    const google = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl, apiVersion: 'v1beta' } });
    for await (const chunk of await google.models.generateContentStream({ model: 'gemini-x', contents: 'hi' })) break;`,
} as const;

/** From the start of a process to the first event from a server that is there. Needs the built packages. */
export const measureStart = (origin: string, isQuick: boolean): Goal[] => {
  const times = new Map<string, number[]>();
  for (let round = 0; round < (isQuick ? 3 : 9); round += 1) {
    for (const [name, program] of Object.entries(programs)) {
      const code = `const baseUrl = ${JSON.stringify(`${origin}/1/0`)};${program}\nprocess.exit();`;
      const startMs = performance.now();
      execFileSync(process.execPath, ['--input-type=module', '--eval', code], { cwd: import.meta.dirname });
      const list = times.get(name) ?? [];
      times.set(name, [...list, performance.now() - startMs]);
    }
  }
  const ms = (name: keyof typeof programs): number => median(times.get(name) ?? []);
  printTable(
    'From the start of the process to the first event',
    ['program', 'ms'],
    [...times].map(([name, values]) => [name, formatNumber(median(values))]),
  );
  const measured = ms('@gemini/client, built') / ms('@google/genai');
  return [{ what: 'start to first event, x genai', measured, most: 0.6, stretch: 0.5 }];
};
