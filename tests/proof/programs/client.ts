import { createGemini, type GeminiStream } from '@gemini/client';

const stream: GeminiStream = createGemini({ baseUrl: process.env['EMULATOR_URL'] }).stream('Say it works');
let text = '';
for await (const event of stream) if (event.type === 'text-delta') text += event.text;
const { status } = await stream.outcome;
if (status === 'completed') console.log(text);
