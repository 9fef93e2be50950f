import { createEmulator, type Emulator } from '@gemini/emulator';

const emulator: Emulator = await createEmulator();
const response = await fetch(`${emulator.url}/v1beta/models/gemini-flash-latest:generateContent`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Say it works' }] }] }),
});
const answer = (await response.json()) as { candidates: { content: { parts: { text: string }[] } }[] };
console.log(answer.candidates[0]?.content.parts.map(({ text }) => text).join(''));
await emulator.close();
