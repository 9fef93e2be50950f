import { expect, it } from 'vitest';
import { useEmulator } from '../src/vitest.ts';

const { emulator } = useEmulator();

/** The code under test: asks once more after a 503. */
async function ask(baseUrl: string, prompt: string): Promise<string> {
  const url = `${baseUrl}/v1beta/models/gemini-flash-latest:generateContent`;
  const body = JSON.stringify({ contents: [{ parts: [{ text: prompt }] }] });
  const response = await fetch(url, { method: 'POST', body });
  return response.status === 503 ? ask(baseUrl, prompt) : response.text();
}

it('shows the weather', async () => {
  emulator.answer(/weather/, 'It is raining.');
  expect(await ask(emulator.url, 'How is the weather?')).toContain('It is raining.');
});

it('retries a 503', async () => {
  expect(await ask(await emulator.urlOf('unavailable-then-fine'), 'hi')).toContain('candidates');
  expect(emulator.requests.map(({ status }) => status)).toEqual([503, 200]);
});
