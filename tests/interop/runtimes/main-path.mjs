// Runs on Bun and on Deno: the emulator, the client and the runtime's own server in one process, through the built
// packages. Prints what came of each step.
import { createGemini } from '@gemini/client';
import { toSseResponse } from '@gemini/client/sse';
import { createEmulator } from '@gemini/emulator';

/** Runs one step against an emulator of its own. */
async function withEmulator(options, step) {
  const emulator = await createEmulator(options);
  try {
    return await step(createGemini({ baseUrl: emulator.url, retry: { baseDelayMs: 1 } }), emulator);
  } finally {
    await emulator.close();
  }
}

async function readAnswer(gemini) {
  const stream = gemini.stream('Count from 1 to 9');
  let text = '';
  let thrown;
  try {
    for await (const event of stream) if (event.type === 'text-delta') text += event.text;
  } catch (error) {
    thrown = error.code;
  }
  const { status, attemptReports } = await stream.outcome;
  return { text, thrown, status, attempts: attemptReports.map(({ kind }) => kind) };
}

/** Leaves an answer that has no end. Its first text comes all the same, because it is streamed. */
async function leaveAnswer(gemini, emulator) {
  const stream = gemini.stream('hi');
  for await (const event of stream) if (event.type === 'text-delta') break;
  return { status: (await stream.outcome).status, closedBy: await closedBy(emulator) };
}

/** Resolves when the connection of the request is closed. A test that waits for longer has failed. */
async function closedBy({ requests: [request] }) {
  while (request.closedBy === undefined) await new Promise((resolve) => setImmediate(resolve));
  return request.closedBy;
}

/** Serves the started streams of a client by their ids, with the server of the runtime. */
async function withServer(gemini, step) {
  const handle = (request) => {
    const id = new URL(request.url).pathname.slice(1);
    return toSseResponse(gemini, id, { lastEventId: request.headers.get('last-event-id') });
  };
  const options = { port: 0, hostname: '127.0.0.1' };
  const server = globalThis.Bun
    ? Bun.serve({ ...options, fetch: handle })
    : Deno.serve({ ...options, onListen: () => {} }, handle);
  try {
    return await step(`http://127.0.0.1:${server.port ?? server.addr.port}`);
  } finally {
    await (server.stop?.(true) ?? server.shutdown());
  }
}

/** Reads a served answer, and reads it again from its third event on. */
function serveAnswer(gemini) {
  return withServer(gemini, async (url) => {
    const id = gemini.startStream('Count from 1 to 9');
    const follow = (lastEventId = '', path = id) =>
      fetch(`${url}/${path}`, { headers: { 'last-event-id': lastEventId } });
    const first = await follow();
    const frames = framesOf(await first.text());
    const again = await follow(frames[1].id);
    const rest = framesOf(await again.text());
    const ended = await follow(frames.at(-1).id);
    const unknown = await follow('', 'unknown');
    return {
      statuses: [first, again, ended, unknown].map(({ status }) => status),
      type: first.headers.get('content-type'),
      texts: textsOf(frames),
      end: frames.at(-1).data.status,
      rest: textsOf(rest),
    };
  });
}

function framesOf(body) {
  const frames = body.matchAll(/^id: (.*)\n(?:event: .*\n)?data: (.*)$/gm);
  return [...frames].map(([, id, data]) => ({ id, data: JSON.parse(data) }));
}

function textsOf(frames) {
  return frames.filter(({ data }) => data.type === 'text-delta').map(({ data }) => data.text);
}

/** Leaves a served answer that has no end: the model is stopped, too. */
function leaveServed(gemini, emulator) {
  return withServer(gemini, async (url) => {
    const response = await fetch(`${url}/${gemini.startStream('hi', { lingerMs: 0 })}`);
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let text = '';
    while (!text.includes('"text-delta"')) text += decoder.decode((await reader.read()).value, { stream: true });
    await reader.cancel();
    return { status: response.status, closedBy: await closedBy(emulator) };
  });
}

const pace = { burst: 2 };
const results = {
  whole: await withEmulator({ pace }, readAnswer),
  lost: await withEmulator({ pace, scenario: 'closed-in-the-middle' }, readAnswer),
  cut: await withEmulator({ pace, scenario: 'no-finish-reason' }, readAnswer),
  resumed: await withEmulator({ pace, scenario: 'checkpoint-then-close' }, readAnswer),
  left: await withEmulator({ scenario: 'endless-events' }, leaveAnswer),
  served: await withEmulator({ pace }, serveAnswer),
  leftServed: await withEmulator({ scenario: 'endless-events' }, leaveServed),
};
await new Promise((resolve) => process.stdout.write(JSON.stringify(results), resolve));
