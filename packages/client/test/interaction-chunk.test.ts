import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { expect, it } from 'vitest';

const frames = [
  { event_type: 'interaction.created', interaction: { id: 'i1', status: 'in_progress' } },
  { event_type: 'step.start', index: 0, step: { type: 'thought' } },
  { event_type: 'step.delta', index: 0, delta: { type: 'thought_summary', content: { type: 'text', text: 'Hm.' } } },
  { event_type: 'step.delta', index: 0, delta: { type: 'thought_signature', signature: 'c2ln' } },
  { event_type: 'step.delta', index: 1, delta: { type: 'text', text: 'Good ' } },
  { event_type: 'step.delta', index: 1, delta: { type: 'text', text: 'day.' } },
  { event_type: 'step.delta', index: 1, delta: { type: 'something_new', text: 'not answer text' } },
  {
    event_type: 'interaction.completed',
    interaction: { id: 'i1', status: 'completed', model: 'm', usage: { total_tokens: 9, total_output_tokens: 4 } },
  },
];

it('reads an endpoint that answers with events of the Interactions API', async () => {
  const body = Buffer.from(
    `${frames.map((frame) => `event: ${frame.event_type}\ndata: ${JSON.stringify(frame)}\n\n`).join('')}data: [DONE]\n\n`,
  );
  await using emulator = await createEmulator({ recording: { body } });
  const outcome = await createGemini({ baseUrl: emulator.url }).stream('hi').outcome;
  expect(outcome).toMatchObject({
    status: 'completed',
    text: 'Good day.',
    finishReason: 'STOP',
    usage: { totalTokenCount: 9, candidatesTokenCount: 4 },
    response: { responseId: 'i1', modelVersion: 'm' },
  });
  expect(outcome.response.candidates?.[0]?.content?.parts).toEqual([
    { text: 'Hm.', thought: true },
    { text: '', thought: true, thoughtSignature: 'c2ln' },
    { text: 'Good day.' },
  ]);
});
