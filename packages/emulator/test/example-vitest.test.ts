import { expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';

it('retries a 503', async () => {
  await using emulator = await createEmulator({ scenario: 'unavailable-then-fine' });
  const ask = (): Promise<Response> =>
    fetch(`${emulator.url}/v1beta/models/gemini-flash-latest:generateContent`, {
      method: 'POST',
      body: JSON.stringify({ contents: [{ parts: [{ text: 'hi' }] }] }),
    });
  const first = await ask();
  expect((first.ok ? first : await ask()).status).toBe(200);
});
