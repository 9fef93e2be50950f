import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { createStreamManager } from '../src/index.ts';
import { manualSource } from './manual-source.ts';

it('publishes the same events on diagnostics channels', () => {
  const published: unknown[] = [];
  const listen = (message: unknown): void => void published.push(message);
  const types = ['stream-start', 'stream-end', 'late-event'];
  for (const type of types) subscribe(`gemini:manager:${type}`, listen);
  const manual = manualSource();
  createStreamManager<number>().start(manual, { id: 'a' });
  manual.sink.end();
  manual.sink.push(1);
  for (const type of types) unsubscribe(`gemini:manager:${type}`, listen);
  expect(published).toMatchObject([
    { type: 'stream-start', id: 'a' },
    { type: 'stream-end', id: 'a', status: 'completed', eventsCount: 0 },
    { type: 'late-event', id: 'a' },
  ]);
});
