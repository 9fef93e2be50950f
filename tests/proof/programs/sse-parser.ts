import { parseSse, type SseEvent } from '@gemini/sse-parser';

const response = await fetch(
  `${process.env['EMULATOR_URL']}/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse`,
  {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Say it works' }] }] }),
  },
);
const events: SseEvent[] = [];
for await (const event of parseSse(response.body ?? new ReadableStream<Uint8Array>())) events.push(event);
const texts = events.map(({ data }) => JSON.parse(data).candidates[0].content.parts[0].text as string);
console.log(texts.join(''));
