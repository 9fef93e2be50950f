import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createEmulator } from '@gemini/emulator';
import { expect, it } from 'vitest';

const script = fileURLToPath(new URL('emulator_client.py', import.meta.url));

interface Seen {
  readonly text: string;
  readonly turns: string;
  readonly thoughts: number;
  readonly call: { readonly name: string; readonly args: { readonly city: string } };
  readonly answered: string;
  readonly structured: unknown;
  readonly tokens: number;
  readonly models: readonly string[];
  readonly refused: readonly [number, string, string];
  readonly continued: string;
}

it('the emulator serves the standard library of Python', async () => {
  await using emulator = await createEmulator();
  const { stdout } = await promisify(execFile)('python3', [script, emulator.url]);
  const seen = JSON.parse(stdout) as Seen;
  expect(seen.text).toBe('1, 2, 3, 4, 5.');
  expect(seen.turns).toContain('Ada');
  expect(seen.thoughts).toBeGreaterThan(0);
  expect(seen.call).toMatchObject({ name: 'get_weather', args: { city: 'Lisbon' } });
  expect(seen.answered).toContain('clear');
  expect(seen.structured).toEqual({ days: 3 });
  expect(seen.tokens).toBe(2);
  expect(seen.models).toContain('models/gemini-2.5-flash');
  expect(seen.refused).toEqual([429, 'RESOURCE_EXHAUSTED', '5s']);
  expect(seen.continued).toBe('1, 2, 3, 4, 5, 6, 7, 8, 9.');
  const left = emulator.requests.find(({ scenario }) => scenario === 'long-and-healthy');
  expect(left && (await emulator.whenClosed(left.id)).closedBy).toBe('client');
});
