import type { FunctionCall, GenerateContentResponse, Part } from '@gemini/client';
import { chunk } from './chunks.ts';

/** Payloads of one response that try to cost more than their length. `n` is the number of repetitions. */
export type HostileShape = (n: number) => readonly object[];

const each = <Item>(n: number, make: (index: number) => Item): Item[] => Array.from({ length: n }, (_, at) => make(at));
const named = (n: number, make: (index: number) => unknown): Record<string, unknown> =>
  Object.fromEntries(each(n, (index) => [`f${index}`, make(index)]));
const nested = (n: number): unknown => JSON.parse('['.repeat(n) + ']'.repeat(n));
const said = (fields: object): GenerateContentResponse => ({ candidates: [{ index: 0, ...fields }] });
const called = (call: FunctionCall): Part => ({ functionCall: { willContinue: true, ...call } });
const placed = (jsonPath: string, value: object = { numberValue: 1 }): Part =>
  called({ partialArgs: [{ jsonPath, ...value }] });
const step = (index: number, event: string, fields: object) => ({ event_type: event, index, ...fields });

export const hostileShapes = {
  'wide payloads': (n) => [named(n, () => 1)],
  'a new field in each payload': (n) => each(n, (index) => ({ [`f${index}`]: 'x'.repeat(100) })),
  'a new field of the candidate in each payload': (n) => each(n, (index) => said({ [`f${index}`]: 'x'.repeat(100) })),
  'many candidates in one payload': (n) => [{ candidates: each(n, (index) => ({ index: n - index })) }],
  'one more candidate in each payload': (n) => each(n, (index) => ({ candidates: [{ index }] })),
  'many parts': (n) => [chunk(each(n, (index) => ({ text: 'a', thought: index % 2 === 0 })))],
  'many parts of unknown kinds': (n) => [chunk(each(n, () => ({ unknown: {} }) as Part))],
  'text character by character': (n) => each(n, () => chunk([{ text: 'a' }])),
  'many calls': (n) => [chunk(each(n, (index) => ({ functionCall: { name: 'f', args: { index } } })))],
  'calls that never close': (n) => [chunk(each(n, () => called({ name: 'f'.repeat(50) })))],
  'sparse lists in arguments': (n) => [
    chunk([called({ name: 'f' }), ...each(n, (index) => placed(`$.a${index}[99999]`))]),
  ],
  'a sparse list in arguments': (n) => [
    chunk([called({ name: 'f' }), ...each(n, (index) => placed(`$.a[${index * 64}]`))]),
  ],
  'sparse lists in many calls': (n) => [chunk(each(n, () => [called({ name: 'f' }), placed('$.a[60]')]).flat())],
  'deep arguments': (n) => [
    chunk([called({ name: 'f' }), ...each(n, (index) => placed(`$.a${index}${'[0]'.repeat(98)}`))]),
  ],
  'a deep path that is repeated': (n) => [
    chunk([called({ name: 'f' }), ...each(n, () => placed(`$${'.a'.repeat(99)}`))]),
  ],
  'many arguments': (n) => [chunk([called({ name: 'f' }), ...each(n, (index) => placed(`$.a${index}`))])],
  'an argument character by character': (n) => [
    chunk([called({ name: 'f' }), ...each(n, () => placed('$.a', { stringValue: 'a', willContinue: true }))]),
  ],
  'arguments beside the pieces': (n) => [
    chunk([called({ name: 'f' }), ...each(n, (index) => called({ args: { [`f${index}`]: 1 } }))]),
  ],
  'long names of calls': (n) => each(n, () => chunk([{ functionCall: { name: 'f'.repeat(200), args: {} } }])),
  'many token counts': (n) => [{ usageMetadata: named(n, () => 1) }],
  'a new token count in each payload': (n) => each(n, (index) => ({ usageMetadata: { [`f${index}`]: index } })),
  'many token counts once, and then one in each payload': (n) => [
    { usageMetadata: named(n, () => 1) },
    ...each(n, (index) => ({ usageMetadata: { totalTokenCount: index } })),
  ],
  'token counts by many modalities': (n) => [
    { usageMetadata: { promptTokensDetails: each(n, (index) => ({ modality: `M${index}`, tokenCount: 1 })) } },
    ...each(n, (index) => ({ usageMetadata: { totalTokenCount: index } })),
  ],
  'large token counts': (n) => each(n, (index) => ({ usageMetadata: { trafficType: `${index}${'x'.repeat(200)}` } })),
  'many sources in one payload': (n) => [
    said({
      groundingMetadata: {
        groundingChunks: each(n, (index) => ({ web: { uri: `https://${index}.example` } })),
        groundingSupports: each(n, (index) => ({ segment: { startIndex: index }, groundingChunkIndices: [index] })),
        webSearchQueries: each(n, (index) => `q${index}`),
      },
    }),
  ],
  'one more source in each payload': (n) =>
    each(n, (index) =>
      said({
        groundingMetadata: {
          groundingChunks: [{ web: { uri: `https://${index}.example` } }],
          groundingSupports: [{ segment: { startIndex: index }, groundingChunkIndices: [0] }],
        },
        citationMetadata: { citations: [{ startIndex: index }] },
        urlContextMetadata: { urlMetadata: [{ retrievedUrl: `https://${index}.example` }] },
      }),
    ),
  'a new field of the sources in each payload': (n) =>
    each(n, (index) => said({ groundingMetadata: { [`f${index}`]: { [`g${index}`]: 'x' } } })),
  'probabilities of many tokens': (n) =>
    each(n, (index) => said({ logprobsResult: { chosenCandidates: [{ token: 'a' }], [`f${index}`]: [] } })),
  'open calls of an interaction': (n) =>
    each(n, (index) => step(index, 'step.start', { step: { type: 'function_call', name: 'f', arguments: { index } } })),
  'arguments of an interaction, character by character': (n) => [
    step(0, 'step.start', { step: { type: 'function_call', name: 'f' } }),
    ...each(n, () => step(0, 'step.delta', { delta: { type: 'arguments_delta', arguments: ' ' } })),
  ],
  'parts after a continuation token': (n) => [
    said({ continuationToken: 'token' }),
    ...each(n, () => chunk([{ executableCode: { code: 'a' } }, { text: 'a' }])),
  ],
  'a continuation token in each payload': (n) =>
    each(n, (index) => chunk([{ text: 'a' }], { continuationToken: `${index}${'x'.repeat(100)}` })),
  'deep payloads': (n) => [{ deep: nested(n) }],
  'deep sources': (n) => [said({ groundingMetadata: { deep: nested(n) } })],
  'deep arguments of a complete call': (n) => [chunk([{ functionCall: { name: 'f', args: { deep: nested(n) } } }])],
  'a key named __proto__': (n) =>
    each(n, () => JSON.parse(`{"__proto__":{"a":1},"candidates":[{"__proto__":{"finishReason":"STOP"}}]}`) as object),
} satisfies Record<string, HostileShape>;
