import { createGemini } from '@gemini/client';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';

const created = {
  event_type: 'interaction.created',
  event_id: 'e_1',
  interaction: { id: 'v1_a', status: 'in_progress', model: 'gemini-x' },
};
const start = { event_type: 'step.start', index: 0, step: { type: 'model_output' } };
const text = (words: string) => ({ event_type: 'step.delta', index: 0, delta: { type: 'text', text: words } });
const thought = (words: string) => ({
  event_type: 'step.delta',
  index: 0,
  delta: { type: 'thought_summary', content: { type: 'text', text: words } },
});
const rest = [
  { event_type: 'step.stop', index: 0 },
  { event_type: 'interaction.completed', interaction: { id: 'v1_a', status: 'completed' } },
];

/** Streams a run whose connection is lost after `two`, and which then tells these events. */
async function follow(told: readonly object[]) {
  const places: (string | null)[] = [];
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (events: readonly object[]): void => {
      for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`);
    };
    if (request.method === 'POST') {
      send([created, start, thought('Hm.'), text('one '), text('two ')]);
      response.end();
      return;
    }
    places.push(new URL(request.url ?? '', 'http://127.0.0.1').searchParams.get('last_event_id'));
    send(told);
    response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const gemini = createGemini({ baseUrl: `http://127.0.0.1:${port}`, retry: { maxAttempts: 2, baseDelayMs: 0 } });
    const outcome = await gemini.interactions.stream('Count', { background: true }).outcome;
    return { outcome, places };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

it('a run that tells the same events again continues after them', async () => {
  const { outcome, places } = await follow([start, thought('Hm.'), text('one '), text('two '), text('three'), ...rest]);
  expect(outcome).toMatchObject({ status: 'completed', text: 'one two three' });
  expect(places).toEqual(['e_1']);
});

it.for([
  ['another text', [start, thought('Hm.'), text('one '), text('TWO '), text('three'), ...rest]],
  ['the texts in another order', [start, thought('Hm.'), text('two '), text('one '), text('three'), ...rest]],
  ['another thought', [start, thought('Oh.'), text('one '), text('two '), text('three'), ...rest]],
  ['another kind of event', [start, ...rest]],
] as const)('a run that tells %s fails, and keeps what came before', async ([, told]) => {
  const { outcome } = await follow(told);
  expect(outcome).toMatchObject({ status: 'failed', text: 'one two ', error: { code: 'resume-mismatch' } });
});
