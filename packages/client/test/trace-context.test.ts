import { type ToolTraceContext, createGemini, tool } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const streams = tracingChannel('gemini:stream');
const calls = tracingChannel('gemini:tool');
/** Stands for the span that is active. */
const active = new AsyncLocalStorage<string>();

/** The span in which each HTTP request was made. */
const requests: (string | undefined)[] = [];
const onRequest = (): void => void requests.push(active.getStore());
/** The messages of the tool channel, and the span in which each was published. */
const published: { readonly name: string; readonly span: string | undefined; readonly message: object }[] = [];
const note = (name: string) => (message: object) =>
  void published.push({ name, span: active.getStore(), message: { ...message } });
const toolTrace = {
  start: note('start'),
  end: note('end'),
  asyncStart: note('asyncStart'),
  asyncEnd: note('asyncEnd'),
  error: note('error'),
};

beforeEach(() => {
  requests.length = 0;
  published.length = 0;
  subscribe('undici:request:create', onRequest);
  // The parent is the span that is active when the start is published.
  streams.start.bindStore(active, () => `${active.getStore() ?? 'no parent'} > stream`);
  calls.start.bindStore(
    active,
    (message) => `${active.getStore() ?? 'no parent'} > ${(message as { name: string }).name}`,
  );
  calls.subscribe(toolTrace);
});
afterEach(() => {
  unsubscribe('undici:request:create', onRequest);
  streams.start.unbindStore(active);
  calls.start.unbindStore(active);
  calls.unsubscribe(toolTrace);
});

describe('a request', () => {
  it('is made in the context that is bound to its stream, and so is each retry', async () => {
    await using emulator = await createEmulator();
    const baseUrl = await emulator.urlOf('unavailable-then-fine');
    const gemini = createGemini({ baseUrl, retry: { baseDelayMs: 1 } });
    await active.run('caller', () => gemini.stream('hi').text());
    expect(requests).toEqual(['caller > stream', 'caller > stream']);
  });

  it('has the context of its own caller, also if the stream waits for another one', async () => {
    await using emulator = await createEmulator();
    const gemini = createGemini({ baseUrl: emulator.url, manager: { maxStreams: 1 } });
    const ask = (name: string): Promise<string> => active.run(name, () => gemini.stream(`Say ${name}`).text());
    expect(await Promise.all(['one', 'two', 'three'].map(ask))).toEqual(['one', 'two', 'three']);
    expect(requests).toEqual(['one > stream', 'two > stream', 'three > stream']);
  });

  it('that follows a failure has the context of its stream, on a connection that another stream opened', async () => {
    await using emulator = await createEmulator({ pace: { burst: 2 } });
    const retry = { baseDelayMs: 1 };
    const ask = async (name: string, baseUrl: string): Promise<void> => {
      await active.run(name, () => createGemini({ baseUrl, retry }).stream('Count from 1 to 9').text());
    };
    await ask('one', emulator.url);
    await ask('two', await emulator.urlOf('checkpoint-then-close'));
    await ask('three', emulator.url);
    await ask('four', await emulator.urlOf('unavailable-then-fine'));
    const spans = ['one', 'two', 'two', 'three', 'four', 'four'].map((name) => `${name} > stream`);
    expect(requests).toEqual(spans);
  });

  it('has the context of the caller who made the stream, wherever it is read', async () => {
    await using emulator = await createEmulator();
    const stream = active.run('maker', () => createGemini({ baseUrl: emulator.url }).stream('hi'));
    await active.run('reader', () => stream.text());
    expect(requests).toEqual(['maker > stream']);
  });
});

describe('a function', () => {
  const script = [
    { match: { functionResponse: 'weather' }, reply: { text: 'It rains.' } },
    { reply: { functionCalls: [{ id: 'call-1', name: 'weather', args: { city: 'a-secret-place' } }] } },
  ];

  it('runs in the context that is bound to its call, below its caller', async () => {
    await using emulator = await createEmulator({ script });
    const seen: (string | undefined)[] = [];
    const weather = tool({ name: 'weather', execute: () => void seen.push(active.getStore()) });
    const stream = active.run('caller', () =>
      createGemini({ baseUrl: emulator.url }).stream('How is the weather?', { tools: [weather] }),
    );
    expect(await stream.text()).toBe('It rains.');
    expect(seen).toEqual(['caller > weather']);
    expect(requests).toEqual(['caller > stream', 'caller > stream']);
    expect(published.map(({ name }) => name)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    const start = { streamId: stream.id, name: 'weather', callId: 'call-1', round: 1, isKnown: true };
    expect(published[0]).toEqual({ name: 'start', span: 'caller > weather', message: start });
    expect(published.at(-1)?.message).toEqual({ ...start, durationMs: expect.any(Number), failure: undefined });
    expect(JSON.stringify(published)).not.toContain('a-secret-place');
  });

  it('that throws publishes its failure, and the turn continues', async () => {
    await using emulator = await createEmulator({ script });
    const cause = new Error('the station is closed');
    const weather = tool({ name: 'weather', execute: () => Promise.reject(cause) });
    const gemini = createGemini({ baseUrl: emulator.url });
    expect(await gemini.stream('How is the weather?', { tools: [weather] }).text()).toBe('It rains.');
    expect(published.map(({ name }) => name)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(published.at(-1)?.message).toMatchObject({ failure: 'threw', error: cause });
  });

  it('has its arguments and its result for a subscriber that reads them', async () => {
    await using emulator = await createEmulator({ script });
    const read: unknown[] = [];
    const keep = (message: unknown): void => {
      const { args, response, isKnown } = message as ToolTraceContext;
      read.push({ args, response, isKnown });
    };
    calls.asyncEnd.subscribe(keep);
    const gemini = createGemini({ baseUrl: emulator.url });
    const weather = tool({ name: 'weather', execute: () => ({ sky: 'grey' }) });
    await gemini.stream('How is the weather?', { tools: [weather] }).text();
    await gemini.stream('How is the weather?', { tools: [tool({ name: 'other', execute: () => 1 })] }).outcome;
    calls.asyncEnd.unsubscribe(keep);
    const args = { city: 'a-secret-place' };
    expect(read[0]).toEqual({ args, response: { sky: 'grey' }, isKnown: true });
    expect(read[1]).toMatchObject({ args, isKnown: false });
  });
});
