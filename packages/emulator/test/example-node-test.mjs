import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useEmulator } from '@gemini/emulator/node-test';

const { emulator } = useEmulator();

test('shows the weather', async () => {
  emulator.answer(/weather/, 'It is raining.');
  const url = `${emulator.url}/v1beta/models/gemini-flash-latest:generateContent`;
  const body = JSON.stringify({ contents: [{ parts: [{ text: 'How is the weather?' }] }] });
  assert.match(await (await fetch(url, { method: 'POST', body })).text(), /It is raining/);
});

test('lists models', async () => {
  const response = await fetch(`${emulator.url}/v1beta/models`);
  assert.ok((await response.json()).models.length > 0);
  assert.equal(emulator.requests.length, 1);
});
