import { createGemini, tool, type Content, type GeminiStreamEvent, type Part } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { chunk } from './chunks.ts';

const tools = [
  tool({ name: 'quick', parameters: z.object({ n: z.number() }), execute: ({ n }) => n }),
  tool({ name: 'late', execute: (_args, { signal }) => delay(3, 'late', { signal }) }),
  tool({ name: 'fails', execute: () => Promise.reject(new Error('closed')) }),
  tool({ name: 'endless', timeoutMs: 4, execute: () => new Promise(() => {}) }),
  tool({ name: 'large', execute: () => 'x'.repeat(200) }),
  tool({ name: 'mine', parameters: z.object({}) }),
];
const maxToolResultBytes = 100;

/** One answer of the model: its parts, and how it ends. */
const answers = fc.record({
  parts: fc.array(
    fc.oneof(
      { weight: 1, arbitrary: fc.constant({ text: 'so ' }) },
      {
        weight: 4,
        arbitrary: fc
          .tuple(
            fc.constantFrom('quick', 'quick', 'late', 'fails', 'endless', 'large', 'unknown', 'mine'),
            fc.constantFrom({ n: 1 }, { n: 'one' }, {}),
          )
          .map(([name, args]) => ({ functionCall: { name, args } })),
      },
    ),
    { maxLength: 5 },
  ),
  ending: fc.oneof(
    { weight: 8, arbitrary: fc.constant('STOP') },
    { weight: 1, arbitrary: fc.constantFrom('MAX_TOKENS', 'SAFETY', 'MALFORMED_FUNCTION_CALL', undefined) },
  ),
  hasIds: fc.boolean(),
});

type Answer = typeof answers extends fc.Arbitrary<infer Value> ? Value : never;

const chunksOf = ({ parts, ending, hasIds }: Answer, round: number): object[] => [
  ...parts.map((part: Part, index) => {
    const { functionCall } = part;
    if (functionCall === undefined) return chunk([part]);
    const id = hasIds ? { id: `${round}-${index}` } : {};
    return chunk([{ functionCall: { ...functionCall, ...id }, thoughtSignature: `sig-${round}-${index}` }]);
  }),
  { candidates: [{ finishReason: ending }], usageMetadata: { totalTokenCount: 1 } },
];

/** Asserts that each answer with calls is followed by the results of all its calls in order, and nothing else. */
const expectPaired = (contents: readonly Content[]): void => {
  for (const [index, { role, parts = [] }] of contents.entries()) {
    const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
    if (role !== 'model' || calls.length === 0) continue;
    const results = contents[index + 1]?.parts?.map(({ functionResponse }) => functionResponse) ?? [];
    expect(results.map((result) => [result?.id, result?.name])).toEqual(calls.map(({ id, name }) => [id, name]));
  }
};

it('a turn ends in one outcome within its rounds, whatever the model and the functions do', async () => {
  const limits = fc.record({
    maxRounds: fc.integer({ min: 1, max: 4 }),
    maxParallelCalls: fc.integer({ min: 1, max: 3 }),
    onToolError: fc.constantFrom('tell-model' as const, 'tell-model' as const, 'fail' as const),
  });
  // The last answer is repeated: a model may call functions forever.
  const scripts = fc.array(answers, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(scripts, limits, fc.option(fc.nat(12), { freq: 4 }), async (script, bounds, stopAfter) => {
      const replies = script.map((answer, index) => ({
        ...(index === script.length - 1 ? {} : { match: { turn: index + 1 } }),
        reply: { chunks: chunksOf(answer, index + 1) as never },
      }));
      await using emulator = await createEmulator({ script: replies });
      const gemini = createGemini({ baseUrl: emulator.url, retry: false });
      const chat = gemini.chat({ tools, maxToolResultBytes, keep: 'partial', ...bounds });
      const stream = chat.stream('Go.');
      const events: GeminiStreamEvent[] = [];
      try {
        for await (const event of stream) {
          events.push(event);
          if (events.length === stopAfter) stream.stop();
        }
      } catch {
        // The outcome reports the error.
      }
      const outcome = await stream.outcome;
      expect(events.filter(({ type }) => type === 'end').length).toBe(1);
      expect(events.at(-1)).toEqual({ type: 'end', outcome });
      const text = events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
      expect(outcome.text).toBe(text);

      const sent = emulator.requests.map(({ body }) => (body as { contents: Content[] }).contents);
      expect(sent.length).toBeLessThanOrEqual(bounds.maxRounds);
      for (const contents of sent) {
        expectPaired(contents);
        // Each request begins with the previous one.
        expect(contents.slice(0, sent[0]?.length)).toEqual(sent[0]);
        for (const part of contents.flatMap(({ parts = [] }) => parts)) {
          if (part.functionCall) expect(part.thoughtSignature).toMatch(/^sig-/);
        }
      }
      const told = events.flatMap((event) => (event.type === 'tool-result' ? [event.call] : []));
      const started = events.flatMap((event) => (event.type === 'tool-call' ? [event.call] : []));
      expect(started).toEqual(expect.arrayContaining(told));

      // Another chat can continue from the kept history.
      const rebuilt = gemini.chat({ history: chat.history });
      if (rebuilt.openCalls.length === 0) expectPaired(rebuilt.history);
      else expect(outcome).toMatchObject({ status: 'completed', turn: { openCalls: rebuilt.openCalls } });
      expect(gemini.streamStats()).toMatchObject({ queued: 0, starting: 0, active: 0 });
    }),
    { numRuns: 150 },
  );
});
