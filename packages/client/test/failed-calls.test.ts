import { createGemini, tool } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { chunk } from './chunks.ts';
import { asking, call, run } from './tool-turns.ts';
import { waitFor } from './wait-for.ts';

describe('a failed call', () => {
  const cycle: Record<string, unknown> = {};
  cycle['again'] = cycle;
  const strict = z.object({ legs: z.array(z.object({ city: z.string(), days: z.number().max(9) })) });
  const tools = [
    tool({
      name: 'throws',
      execute: () => {
        throw new Error('the shop is closed');
      },
    }),
    tool({ name: 'rejects', execute: () => Promise.reject(new Error('no line')) }),
    tool({ name: 'odd', execute: () => Promise.reject(Object.create(null)) }),
    tool({ name: 'hangs', timeoutMs: 5, execute: () => new Promise(() => {}) }),
    tool({ name: 'cyclic', execute: () => cycle }),
    tool({ name: 'function', execute: () => () => 1 }),
    tool({ name: 'large', execute: () => 'é'.repeat(50) }),
    tool({ name: 'strict', parameters: strict, execute: () => 'ran' }),
    tool({
      name: 'plain',
      parameters: { type: 'object', properties: { n: { type: 'integer' } } },
      execute: () => 'ran',
    }),
  ];
  const legs = [
    { city: 'Oslo', days: 2 },
    { city: 4, days: 10 },
  ];

  it.for<[name: string, args: Record<string, unknown>, failure: string, error: string]>([
    ['throws', {}, 'threw', 'the shop is closed'],
    ['rejects', {}, 'threw', 'no line'],
    ['odd', {}, 'threw', 'it failed'],
    ['hangs', {}, 'timeout', 'it took more than 5 ms'],
    ['cyclic', {}, 'not-json', 'its result is not JSON'],
    ['function', {}, 'not-json', 'its result is not JSON, but of type function'],
    ['large', {}, 'too-large', 'its result has 102 bytes: at most 100 are allowed'],
    ['nobody', {}, 'unknown-tool', 'there is no function nobody'],
    [
      'strict',
      { legs },
      'invalid-arguments',
      'the arguments do not fit: args.legs[1].city: Invalid input: expected string, received number; ' +
        'args.legs[1].days: Too big: expected number to be <=9',
    ],
    [
      'plain',
      { n: 'x' },
      'invalid-arguments',
      'the arguments do not fit: args.n: Invalid input: expected number, received string',
    ],
  ])(
    'the model receives a failed call as an error, and the turn continues: %s %j',
    async ([name, args, failure, error]) => {
      const { outcome, contents, events } = await run(asking([call(name, args), call('nobody', {}, '2')]), {
        tools,
        maxToolResultBytes: 100,
      });
      expect(outcome.status).toBe('completed');
      const [told] = contents[1]?.at(-1)?.parts ?? [];
      expect(told?.functionResponse?.id).toBe(name);
      expect(told?.functionResponse?.response?.['error']).toContain(error);
      expect(events.find((event) => event.type === 'tool-result' && event.call.name === name)).toMatchObject({
        failure,
      });
    },
  );

  it('a timeout aborts the signal of the function', async () => {
    const over = Promise.withResolvers<unknown>();
    const slow = tool({
      name: 'slow',
      timeoutMs: 5,
      execute: (_args, { signal }) => {
        signal.addEventListener('abort', () => over.resolve(signal.reason));
        return new Promise(() => {});
      },
    });
    expect((await run(asking([call('slow')]), { tools: [slow] })).outcome.status).toBe('completed');
    expect(await over.promise).toMatchObject({ name: 'TimeoutError', message: 'slow took more than 5 ms' });
  });

  it.for(['throws', 'hangs', 'cyclic', 'large'])(
    'onToolError: fail ends the stream at a failed call: %s',
    async (name) => {
      const options = { tools, maxToolResultBytes: 100, onToolError: 'fail' } as const;
      const { outcome, requests, chat } = await run(asking([{ text: 'So' }, call(name)]), options);
      expect(outcome).toMatchObject({ status: 'failed', endedBy: 'error', text: 'So', error: { code: 'tool-failed' } });
      expect(outcome.error?.message).toContain(name);
      expect(outcome.error?.message).not.toContain('shop');
      expect(outcome.error?.partial).toBe(outcome.response);
      if (name === 'throws') expect(outcome.error?.cause).toMatchObject({ message: 'the shop is closed' });
      expect(requests).toHaveLength(1);
      expect(chat.history).toEqual([]);
    },
  );

  it('the model receives its own mistakes even with onToolError: fail', async () => {
    const { outcome } = await run(asking([call('nobody'), call('strict')]), { tools, onToolError: 'fail' });
    expect(outcome.status).toBe('completed');
  });

  it('a failed call with onToolError: fail closes the socket and aborts the other functions', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const hangs = tool({
      name: 'hangs',
      execute: (_args, { signal }) => {
        signal.addEventListener('abort', () => aborted.resolve(signal.aborted));
        return new Promise(() => {});
      },
    });
    const parts = [call('hangs'), call('throws'), { text: 'a' }, { text: 'b' }];
    await using emulator = await createEmulator(asking(parts, { pace: { tokensPerSecond: 20, burst: 1 } }));
    const all = [hangs, ...tools.slice(0, 1)];
    const stream = createGemini({ baseUrl: emulator.url }).stream('Go.', { tools: all, onToolError: 'fail' });
    expect((await stream.outcome).error?.code).toBe('tool-failed');
    expect(await aborted.promise).toBe(true);
    await waitFor(() => emulator.requests[0]?.closedAt !== undefined);
    expect(emulator.requests[0]?.closedBy).toBe('client');
  });

  it('a call with argument pieces at invalid paths fails, and its function does not run', async () => {
    let runs = 0;
    const count = tool({ name: 'count', execute: () => (runs += 1) });
    const pieces = [{ jsonPath: '$.list[99999]', numberValue: 1 }];
    const chunks = [
      chunk([{ functionCall: { name: 'count', partialArgs: pieces, willContinue: true } }]),
      chunk([{ functionCall: {} }], { finishReason: 'STOP' }),
    ];
    const script = [{ match: { turn: 1 }, reply: { chunks: chunks as never } }, { reply: { text: 'Done.' } }];
    const { outcome, events } = await run({ script }, { tools: [count] });
    expect([outcome.status, runs]).toEqual(['completed', 0]);
    expect(events.find(({ type }) => type === 'tool-result')).toMatchObject({
      failure: 'invalid-arguments',
      response: { error: '1 pieces of the arguments have no valid place' },
    });
  });
});
