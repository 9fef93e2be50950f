import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createEmulator } from '@gemini/emulator';

const emulator = await createEmulator();
after(() => emulator.close());

test('lists models', async () => {
  const response = await fetch(`${emulator.url}/v1beta/models`);
  assert.ok((await response.json()).models.length > 0);
});
