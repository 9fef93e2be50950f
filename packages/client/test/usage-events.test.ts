import { createGemini, type GeminiStreamEvent, type StreamOptions } from '@gemini/client';
import { createEmulator, type EmulatorOptions } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { body, chunk } from './chunks.ts';
import { asking, call, echo, run } from './tool-turns.ts';

const counted = (text: string, totalTokenCount: number, finishReason?: string): object => ({
  ...chunk([{ text }], finishReason === undefined ? {} : { finishReason }),
  usageMetadata: { promptTokenCount: 2, totalTokenCount },
});
const answer = body(counted('a', 3), counted('b', 4), counted('c', 4), counted('d', 9, 'STOP'));

async function ask(emulated: EmulatorOptions, options: StreamOptions = {}) {
  await using emulator = await createEmulator(emulated);
  const stream = createGemini({ baseUrl: emulator.url, retry: { baseDelayMs: 1, maxDelayMs: 1 } }).stream(
    'hi',
    options,
  );
  const events: GeminiStreamEvent[] = [];
  const live: (number | undefined)[] = [];
  try {
    for await (const event of stream) {
      events.push(event);
      if (event.type === 'text-delta') live.push(stream.usage?.totalTokenCount);
    }
  } catch {
    // The outcome has the error.
  }
  return { stream, events, live, outcome: await stream.outcome };
}

/** The types of the events, with the total of each `usage`. */
const told = (events: readonly GeminiStreamEvent[]) =>
  events.map((event) => (event.type === 'usage' ? event.usage.totalTokenCount : event.type));

describe('usage events', () => {
  it('by default, a stream has one usage event: the last counts, before the end', async () => {
    const { stream, events, outcome } = await ask({ recording: { body: answer } });
    const deltas = ['text-delta', 'text-delta', 'text-delta', 'text-delta'];
    expect(told(events)).toEqual(['start', ...deltas, 9, 'end']);
    expect(outcome.usage).toEqual({ promptTokenCount: 2, totalTokenCount: 9 });
    expect(stream.usage).toEqual(outcome.usage);
    expect(outcome.response.usageMetadata).toEqual(outcome.usage);
  });

  it("with usageEvents: 'changes', each change of the counts is an event", async () => {
    const { events } = await ask({ recording: { body: answer } }, { usageEvents: 'changes' });
    const [delta] = ['text-delta'];
    expect(told(events)).toEqual(['start', delta, 3, delta, 4, delta, delta, 9, 'end']);
  });

  it.for<[string, Buffer, status: string]>([
    ['a cut answer', body(counted('a', 3), counted('b', 5)), 'truncated'],
    [
      'a failed answer',
      body(counted('a', 3), counted('b', 5), { error: { code: 400, status: 'INVALID_ARGUMENT' } }),
      'failed',
    ],
    ['a refused answer', body(counted('a', 3), counted('b', 5, 'SAFETY')), 'blocked'],
  ])('%s has a usage event before its end too', async ([, recorded, status]) => {
    const { events, outcome } = await ask({ recording: { body: recorded } }, { retry: false });
    expect(told(events)).toEqual(['start', 'text-delta', 'text-delta', 5, 'end']);
    expect(outcome).toMatchObject({
      status,
      usage: { totalTokenCount: 5 },
      usageKind: status === 'blocked' ? 'final' : 'last-seen',
    });
  });

  it('a stream without token counts has no usage event', async () => {
    const { stream, events } = await ask({
      recording: { body: body(chunk([{ text: 'a' }], { finishReason: 'STOP' })) },
    });
    expect(told(events)).toEqual(['start', 'text-delta', 'end']);
    expect(stream.usage).toBeUndefined();
  });

  it('each request of a resumed answer has a usage event when it ends, and the counts add up', async () => {
    const { events, outcome } = await ask({ scenario: 'continuation-chain' });
    const counts = told(events).filter((item) => item !== 'text-delta' && item !== 'thought-delta');
    const totals = counts.filter((item) => typeof item === 'number');
    expect(counts.filter((item) => typeof item !== 'number')).toEqual([
      ...Array.from({ length: outcome.attempts - 1 }, () => ['start', 'resume']).flat(),
      'start',
      'end',
    ]);
    // The counts of a request come before the next one is announced.
    for (const [place, item] of counts.entries()) if (item === 'resume') expect(counts[place - 1]).toBeTypeOf('number');
    expect(totals).toHaveLength(outcome.attempts);
    expect(totals.at(-1)).toBe(outcome.usage?.totalTokenCount);
    const sums = outcome.attemptReports.map((_, last) =>
      outcome.attemptReports.slice(0, last + 1).reduce((sum, { usage }) => sum + (usage?.totalTokenCount ?? 0), 0),
    );
    expect(totals).toEqual(sums);
  });

  it('an answer that starts over has the counts of the discarded one before its retry event', async () => {
    const { events, outcome } = await ask({ scenario: 'reset-after-content' }, { restart: true });
    const types = events.map(({ type }) => type);
    const retry = types.indexOf('retry');
    expect(events[retry - 1]).toMatchObject({ type: 'usage', usage: outcome.attemptReports[0]?.usage });
    expect(types.filter((type) => type === 'usage')).toHaveLength(outcome.attempts);
    expect(types.slice(-2)).toEqual(['usage', 'end']);
  });

  it('a turn has one usage event for each round, with the sum of its answers', async () => {
    const { outcome, events } = await run(asking([call('echo', { text: 'hi' })]), { tools: [echo] });
    const [first = 0, second = 0] = outcome.turn?.rounds.map(({ usage }) => usage?.totalTokenCount) ?? [];
    expect(told(events).filter((item) => typeof item === 'number')).toEqual([first, first + second]);
    expect(told(events).slice(-2)).toEqual([first + second, 'end']);
  });
});

describe('stream.usage', () => {
  it('has the counts of the last chunk that has been read from the socket', async () => {
    const { live } = await ask({ recording: { body: answer, delayMs: 1, chunkBytes: 64 } });
    expect(live.at(-1)).toBe(9);
    expect(live).toEqual(live.toSorted((left = 0, right = 0) => left - right));
  });

  it('has the counts of a stream that was stopped, without a usage event for it', async () => {
    await using emulator = await createEmulator({ scenario: [{ type: 'pause', beforeEventMs: 20 }] });
    const stream = createGemini({ baseUrl: emulator.url }).stream('Tell me about tides');
    const types: string[] = [];
    for await (const { type } of stream) {
      types.push(type);
      if (type === 'text-delta') stream.stop();
    }
    const { status, usage } = await stream.outcome;
    expect(types).not.toContain('usage');
    expect(status).toBe('stopped');
    expect(stream.usage).toEqual(usage);
    expect(usage?.totalTokenCount).toBeGreaterThan(0);
  });
});

describe('the option usageEvents', () => {
  it('is refused if it names no choice', () => {
    const gemini = createGemini({ baseUrl: 'http://127.0.0.1:1' });
    const wrong = { usageEvents: 'never' } as unknown as StreamOptions;
    expect(() => gemini.stream('hi', wrong)).toThrow(
      new TypeError("usageEvents: expected 'final' or 'changes', got string"),
    );
    expect(() => createGemini(wrong as object)).toThrow(TypeError);
  });

  it('of a client holds for its streams, and a stream may have its own', async () => {
    await using emulator = await createEmulator({ recording: { body: answer } });
    const gemini = createGemini({ baseUrl: emulator.url, usageEvents: 'changes' });
    const count = async (options: StreamOptions): Promise<number> => {
      let usages = 0;
      for await (const { type } of gemini.stream('hi', options)) if (type === 'usage') usages += 1;
      return usages;
    };
    expect([await count({}), await count({ usageEvents: 'final' })]).toEqual([3, 1]);
  });
});
