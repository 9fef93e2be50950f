// Runs on Bun and on Deno: reads three answers through the built package and prints what came of each.
import { createStreamingFetch } from '@gemini/fetch';

const [url] = process.argv.slice(2);
const prompt = {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-goog-api-key': 'any-key' },
  body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
};

/** Reads one answer, at most so many chunks of it. */
async function read(name, chunks = Infinity) {
  const ends = [];
  const fetch = createStreamingFetch({ onEnd: (end) => ends.push(end) });
  const response = await fetch(`${url}/${name}/v1beta/models/m:streamGenerateContent?alt=sse`, prompt);
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let code;
  try {
    for (let count = 0; count < chunks; count += 1) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      // The server sends the rest after this request: the first chunk has to be here before.
      if (count === 0) await globalThis.fetch(`${url}/came/${name}`, { method: 'POST' });
    }
    if (chunks !== Infinity) await reader.cancel();
  } catch (error) {
    code = error.code;
  }
  return { status: response.status, text, code, end: ends[0]?.error?.code };
}

const answers = { whole: await read('whole'), cut: await read('cut'), left: await read('left', 1) };
await new Promise((resolve) => process.stdout.write(JSON.stringify(answers), resolve));
process.exit();
