import { toUIMessageStream } from '@gemini/ai-sdk';
import { createChatTransport } from '@gemini/ai-sdk/transport';
import { createGemini } from '@gemini/client';

if (createChatTransport().resumeStreamIsReplay !== true) throw new Error('the transport does not replay');
const gemini = createGemini({ baseUrl: process.env['EMULATOR_URL'] ?? '' });
let text = '';
for await (const chunk of toUIMessageStream(gemini.stream('Say it works'))) {
  if (chunk.type === 'text-delta') text += chunk.delta;
}
console.log(text);
