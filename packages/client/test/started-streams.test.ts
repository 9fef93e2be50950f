import { createGemini, type GeminiStreamEvent } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { expect, it } from 'vitest';
import { waitFor } from './wait-for.ts';

const slow = { pace: { tokensPerSecond: 5, burst: 1 } };

it('early and late subscribers follow a started stream by its id', async () => {
  await using emulator = await createEmulator();
  const gemini = createGemini({ baseUrl: emulator.url });
  const id = gemini.startStream('hi');
  const follow = async (): Promise<unknown[]> => {
    const events: unknown[] = [];
    await gemini.subscribeStream(id, (event) => events.push(event)).ended;
    return events;
  };
  const early = await follow();
  const late = await follow();
  expect(early.at(-1)).toMatchObject({ type: 'end', outcome: { status: 'completed' } });
  expect(late).toEqual(early);
  expect(gemini.streamStatus(id)).toMatchObject({ status: 'completed', eventsCount: early.length - 1 });
  expect(emulator.requests).toHaveLength(1);
});

it('a started stream is listed, counted and stopped by its id', async () => {
  await using emulator = await createEmulator(slow);
  const gemini = createGemini({ baseUrl: emulator.url });
  const id = gemini.startStream('Count slowly from 1 to 10', { id: 'mine', key: 'tenant' });
  const events: string[] = [];
  const subscription = gemini.subscribeStream(id, (event) => {
    events.push(event.type);
    if (event.type === 'text-delta') gemini.stopStream(id);
  });
  expect(gemini.listStreams()).toMatchObject([{ id: 'mine', key: 'tenant' }]);
  await subscription.ended;
  expect(events.at(-1)).toBe('end');
  expect(gemini.streamStatus(id)?.status).toBe('stopped');
  expect(gemini.streamStats()).toMatchObject({ stopped: 1, active: 0 });
  await waitFor(() => emulator.requests[0]?.closedAt !== undefined);
  expect(emulator.requests[0]?.closedBy).toBe('client');
});

it('a stopped stream ends with the partial response', async () => {
  await using emulator = await createEmulator(slow);
  const gemini = createGemini({ baseUrl: emulator.url });
  const id = gemini.startStream('Count slowly from 1 to 10');
  const end = await new Promise<GeminiStreamEvent>((resolve) => {
    gemini.subscribeStream(id, (event) => {
      if (event.type === 'text-delta') gemini.stopStream(id);
      if (event.type === 'end') resolve(event);
    });
  });
  expect(end).toMatchObject({ outcome: { status: 'stopped', attempts: 1 } });
  expect(end.type === 'end' && end.outcome.text).not.toBe('');
});

it('a stream without subscribers closes its socket after the linger time', async () => {
  await using emulator = await createEmulator(slow);
  const gemini = createGemini({ baseUrl: emulator.url });
  const id = gemini.startStream('Count slowly from 1 to 10', { lingerMs: 1 });
  const subscription = gemini.subscribeStream(id, () => undefined);
  await waitFor(() => emulator.requests.length === 1);
  subscription.unsubscribe();
  await waitFor(() => emulator.requests[0]?.closedAt !== undefined);
  expect(emulator.requests[0]?.closedBy).toBe('client');
  expect(gemini.streamStatus(id)).toMatchObject({ status: 'stopped' });
});

it('an unknown id is reported as not found', () => {
  const gemini = createGemini({ baseUrl: 'http://127.0.0.1:1' });
  expect(() => gemini.subscribeStream('nobody', () => undefined)).toThrow(
    expect.objectContaining({ name: 'StreamManagerError', code: 'stream-not-found' }),
  );
  expect(gemini.streamStatus('nobody')).toBeUndefined();
  expect(gemini.stopStream('nobody')).toBe(false);
});

it('a stream that is stopped while it starts sends nothing, and has an outcome', async () => {
  await using emulator = await createEmulator();
  const gemini = createGemini({
    baseUrl: emulator.url,
    manager: {
      onLifecycle: (event) => {
        if (event.type === 'stream-start') gemini.stopStream(event.id);
      },
    },
  });
  expect(await gemini.stream('hi').outcome).toMatchObject({ status: 'stopped' });
  // A request of the stopped stream would be there before that of another client.
  await createGemini({ baseUrl: emulator.url }).stream('hi').outcome;
  expect(emulator.requests).toHaveLength(1);
});
