import { redisStreamLog, type RedisLikeClient } from '@gemini/stream-log-redis';
import { createStreamManager } from '@gemini/stream-manager';

// Without a Redis: a client that never gets an answer, so that the stream runs for its own process.
const client: RedisLikeClient = { isOpen: true, sendCommand() {}, duplicate() {} };
Object.assign(client, { isReady: false, on() {}, off() {} });
// The timers of a log do not keep a process alive: the connection of a real client does.
const alive = setInterval(() => {}, 1_000);
const streams = createStreamManager<string>({ streamLog: redisStreamLog({ client, timeoutMs: 50 }) });
const stream = streams.start(async function* () {
  const response = await fetch(`${process.env['EMULATOR_URL']}/v1beta/models/gemini-flash-latest:generateContent`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'Say it works' }] }] }),
  });
  const answer = (await response.json()) as { candidates: { content: { parts: { text: string }[] } }[] };
  for (const { text } of answer.candidates[0]?.content.parts ?? []) yield text;
});
let text = '';
for await (const piece of stream) text += piece;
console.log(text);
await streams.close();
clearInterval(alive);
