import { createEmulator } from '@gemini/emulator';
import { openEventStream, type HttpStreamMessage, type HttpStreamMoment } from '@gemini/http-streaming';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { expect, it } from 'vitest';
import { answerLength, apiKey, outcomeOf, requestTo } from './outcome-of.ts';

const moments: readonly HttpStreamMoment[] = [
  'start',
  'connected',
  'redirect',
  'headers',
  'first-event',
  'failure',
  'retry',
  'end',
];

const listen = (): { messages: HttpStreamMessage[] } & Disposable => {
  const messages: HttpStreamMessage[] = [];
  const onMessage = (message: unknown): void => {
    messages.push(message as HttpStreamMessage);
  };
  for (const moment of moments) subscribe(`gemini:http:${moment}`, onMessage);
  return {
    messages,
    [Symbol.dispose]() {
      for (const moment of moments) unsubscribe(`gemini:http:${moment}`, onMessage);
    },
  };
};

it('the channels publish the moments of a stream with counts and times, and no content', async () => {
  await using emulator = await createEmulator({ scenario: 'unavailable-then-fine' });
  using heard = listen();
  const { error } = await outcomeOf(requestTo(emulator.url), { retry: { baseDelayMs: 1 } });
  expect(error).toBeUndefined();
  expect(heard.messages.map(({ moment, attempt }) => [moment, attempt])).toEqual([
    ['start', 1],
    ['connected', 1],
    ['headers', 1],
    ['failure', 1],
    ['retry', 1],
    ['start', 2],
    ['connected', 2],
    ['headers', 2],
    ['first-event', 2],
    ['end', 2],
  ]);
  expect(new Set(heard.messages.map(({ streamId }) => streamId)).size).toBe(1);
  expect(heard.messages.at(-1)).toMatchObject({ status: 200, eventsCount: answerLength, code: undefined });
  const text = JSON.stringify(heard.messages);
  for (const secret of [apiKey, '"hi"', 'candidates', 'alt=sse']) expect(text).not.toContain(secret);
});

it('the channels publish the end of a stream once, with its code, even if the caller leaves', async () => {
  await using emulator = await createEmulator({ pace: { tokensPerSecond: 5, burst: 1 } });
  using heard = listen();
  const stream = await openEventStream(requestTo(emulator.url));
  stream.cancel();
  stream.cancel();
  expect(heard.messages.filter(({ moment }) => moment === 'end')).toMatchObject([{ code: 'aborted' }]);
});
