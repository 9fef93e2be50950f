import { type Reply, type WireStep, type WireSteps, writeText } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** One event between good ones whose data is no JSON. */
export const badJson = defineFault({
  description: 'One event in the middle of the stream holds something that is not JSON.',
  defaults: { afterEvents: 2, data: '{"candidates": [{"content": {"parts": [{"text": "cut' },
  reply: (reply, { afterEvents, data }): Reply => ({ ...reply, body: insert(reply.body, afterEvents, data) }),
});

async function* insert(body: WireSteps, afterEvents: number, data: string): AsyncGenerator<WireStep> {
  let events = 0;
  for await (const step of body) {
    if (step.type === 'write' && events === afterEvents) yield writeText(`data: ${data}\r\n\r\n`);
    if (step.type === 'write') events += 1;
    yield step;
  }
}
