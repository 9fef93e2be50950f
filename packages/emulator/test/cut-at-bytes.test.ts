import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createEmulator, type Fault } from '../src/index.ts';
import { model } from './interaction-calls.ts';

const calls = [
  [
    `models/${model}:streamGenerateContent?alt=sse`,
    { contents: [{ role: 'user', parts: [{ text: 'Count slowly from 1 to 8' }] }] },
  ],
  ['interactions', { model, input: 'Count slowly from 1 to 8', stream: true, store: false }],
] as const;

it.for(calls)('a stream may be cut after any number of bytes, by an end or by silence: %s', async ([path, body]) => {
  await using emulator = await createEmulator();
  const ask = async (faults: readonly Fault[], length: number): Promise<string> => {
    const controller = new AbortController();
    const response = await fetch(`${emulator.url}/v1beta/${path}`, {
      method: 'POST',
      headers: { 'x-emulator-scenario': JSON.stringify(faults) },
      body: JSON.stringify(body),
      signal: controller.signal,
    });
    let text = '';
    for await (const bytes of response.body ?? []) {
      text += Buffer.from(bytes).toString('latin1');
      // After a silence nothing else comes.
      if (text.length >= length) break;
    }
    controller.abort();
    return text;
  };
  const whole = await ask([], Infinity);
  // Ids and times differ between two answers, their lengths do not.
  const shape = (text: string): string =>
    text.replaceAll(/"(?:responseId|created|updated|signature)":"[^"]*"/gu, (field) => 'x'.repeat(field.length));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 1 }), fc.boolean(), async (afterBytes, isSilent) => {
      const fault: Fault = isSilent ? { type: 'silence', afterBytes } : { type: 'cut', how: 'end', afterBytes };
      const text = await ask([fault], afterBytes);
      expect(text).toHaveLength(afterBytes);
      expect(shape(whole).startsWith(shape(text).slice(0, -120))).toBe(true);
    }),
    { numRuns: 30 },
  );
});
