import { createStreamManager, type StreamEnd } from '@gemini/stream-manager';
import { toSseResponse } from '@gemini/stream-manager/sse';

const streams = createStreamManager<string>();
const stream = streams.start(async function* () {
  const response = await fetch(`${process.env['EMULATOR_URL']}/v1beta/models/gemini-flash-latest:generateContent`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Say it works' }] }] }),
  });
  const answer = (await response.json()) as { candidates: { content: { parts: { text: string }[] } }[] };
  for (const { text } of answer.candidates[0]?.content.parts ?? []) yield text;
});
const served = await toSseResponse(stream).text();
const end: StreamEnd = await stream.ended;
let text = '';
for await (const piece of stream) text += piece;
if (end.status === 'completed' && served.includes('event: end')) console.log(text);
await streams.close();
