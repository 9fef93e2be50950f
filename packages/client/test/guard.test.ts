import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunkProblem } from '../src/wire/guard.ts';
import { ResponseMerger } from '../src/merge/merge-response.ts';

const anything = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.string(),
  fc.constant([]),
  fc.constant({}),
  fc.array(fc.oneof(fc.constant(null), fc.integer(), fc.constant({}))),
);
/** Generates objects with these fields; each is missing, valid or an arbitrary value. */
const fields = (right: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<object> =>
  fc.record(
    Object.fromEntries(
      Object.entries(right).map(([name, value]) => [
        name,
        fc.oneof({ weight: 4, arbitrary: value }, { weight: 1, arbitrary: anything }),
      ]),
    ),
    { requiredKeys: [] },
  );
const list = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> =>
  fc.array(fc.oneof({ weight: 6, arbitrary: item }, { weight: 1, arbitrary: anything }), { maxLength: 3 });

const partialArg = fields({
  jsonPath: fc.constantFrom('$.a', '$.a[0].b', '$'),
  stringValue: fc.string(),
  numberValue: fc.integer(),
  boolValue: fc.boolean(),
  nullValue: fc.constant('NULL_VALUE'),
  willContinue: fc.boolean(),
});
const part = fields({
  text: fc.string(),
  thought: fc.boolean(),
  thoughtSignature: fc.string(),
  inlineData: fields({ mimeType: fc.string(), data: fc.string() }),
  executableCode: fields({ language: fc.string(), code: fc.string() }),
  codeExecutionResult: fields({ outcome: fc.string(), output: fc.string() }),
  functionCall: fields({
    id: fc.string(),
    name: fc.string(),
    args: fc.constant({ a: 1 }),
    partialArgs: list(partialArg),
    willContinue: fc.boolean(),
  }),
});
const grounding = fields({
  groundingChunks: list(fc.constant({ web: { uri: 'a' } })),
  groundingSupports: list(fields({ groundingChunkIndices: list(fc.nat(2)) })),
  searchEntryPoint: fields({ renderedContent: fc.string() }),
});
const chunk = fields({
  candidates: list(
    fields({
      index: fc.nat(2),
      content: fields({ role: fc.string(), parts: list(part) }),
      finishReason: fc.string(),
      continuationToken: fc.string(),
      groundingMetadata: grounding,
      citationMetadata: fields({ citations: list(fc.constant({ uri: 'a' })) }),
      urlContextMetadata: fields({ urlMetadata: list(fc.constant({})) }),
      logprobsResult: fields({ chosenCandidates: list(fc.constant({})) }),
    }),
  ),
  usageMetadata: fields({ totalTokenCount: fc.nat(), promptTokensDetails: list(fields({ tokenCount: fc.nat() })) }),
  promptFeedback: fields({ blockReason: fc.string() }),
});

it('the merge handles every payload that the guard accepts', () => {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 4 }), (chunks) => {
      const merger = new ResponseMerger();
      for (const each of chunks) {
        if (chunkProblem(each) === undefined) merger.add(each, () => undefined);
      }
      merger.nextAttempt();
      merger.finish(() => undefined, true);
      expect(typeof merger.text()).toBe('string');
      expect(Number.isFinite(merger.size)).toBe(true);
    }),
    {
      numRuns: 3_000,
      // An earlier finding: `null` instead of a path.
      examples: [
        [
          [
            {
              candidates: [
                { content: { parts: [{ functionCall: { name: 'f', partialArgs: [{ jsonPath: null }] } }] } },
              ],
            },
          ],
        ],
      ],
    },
  );
});
