import { GeminiError, type Candidate, type GenerateContentResponse, type GeminiStreamEvent } from '@gemini/client';
import { describe, expect, it } from 'vitest';
import { ResponseMerger } from '../src/merge/merge-response.ts';
import { chunk } from './chunks.ts';

const merge = (chunks: readonly GenerateContentResponse[]) => {
  const merger = new ResponseMerger();
  const events: GeminiStreamEvent[] = [];
  for (const each of chunks) merger.add(each, (event) => events.push(event));
  merger.takeUsage();
  return { merger, events, response: merger.response, candidate: merger.response.candidates?.[0] };
};
const said = (fields: Partial<Candidate>): GenerateContentResponse => ({ candidates: [fields] });

it('a field named `__proto__` adds nothing to a response', () => {
  const chunks = [
    '{"__proto__":{"promptFeedback":{"blockReason":"SAFETY"}},"candidates":[{"content":{"parts":[{"text":"a"}]}}]}',
    '{"candidates":[{"__proto__":{"finishReason":"STOP"},"logprobsResult":{"__proto__":{"x":1}}}]}',
    '{"candidates":[{"groundingMetadata":{"__proto__":{"x":1},"webSearchQueries":["q"]}}]}',
    '{"usageMetadata":{"totalTokenCount":1}}',
    '{"usageMetadata":{"__proto__":{"promptTokenCount":9},"candidatesTokenCount":2}}',
  ];
  const { response, candidate } = merge(chunks.map((each) => JSON.parse(each) as GenerateContentResponse));
  expect(response.promptFeedback).toBeUndefined();
  expect(candidate?.finishReason).toBeUndefined();
  for (const each of [response, candidate, candidate?.logprobsResult, candidate?.groundingMetadata]) {
    expect(Object.getPrototypeOf(each)).toBe(Object.prototype);
  }
  expect(response.usageMetadata?.promptTokenCount).toBeUndefined();
});

describe('the parts of an answer', () => {
  it('adjacent text of one kind is joined, and signatures and other parts separate it', () => {
    const { candidate } = merge([
      chunk([{ text: 'th', thought: true }]),
      chunk([{ text: 'ink', thought: true }, { text: 'a' }]),
      chunk([{ text: 'b', thought: false }, { text: '' }]),
      chunk([{ text: 'c', thoughtSignature: 'c2ln' }]),
      chunk([{ text: 'd' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }]),
      chunk([{ text: 'e' }, { text: '', thoughtSignature: 'ZW5k' }]),
    ]);
    expect(candidate?.content).toEqual({
      role: 'model',
      parts: [
        { text: 'think', thought: true },
        { text: 'ab' },
        { text: 'c', thoughtSignature: 'c2ln' },
        { text: 'd' },
        { inlineData: { mimeType: 'image/png', data: 'AAAA' } },
        { text: 'e' },
        { text: '', thoughtSignature: 'ZW5k' },
      ],
    });
  });

  it('an empty text without a signature is left out, because the API does not accept it', () => {
    const call = { functionCall: { name: 'f', args: {} } };
    const { candidate } = merge([chunk([{ text: '' }]), chunk([call, { text: '' }, { text: '', thought: true }])]);
    expect(candidate?.content?.parts).toEqual([call]);
  });

  it('parts are emitted as events of their kind', () => {
    const { events } = merge([
      chunk([{ executableCode: { language: 'PYTHON', code: 'print(1)' } }]),
      chunk([{ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } }]),
      chunk([{ inlineData: { mimeType: 'image/png', data: 'AAAA' }, thought: true }]),
    ]);
    expect(events).toEqual([
      { type: 'executable-code', language: 'PYTHON', code: 'print(1)', candidate: 0 },
      { type: 'code-result', outcome: 'OUTCOME_OK', output: '1\n', candidate: 0 },
      { type: 'inline-data', mimeType: 'image/png', data: 'AAAA', thought: true, candidate: 0 },
    ]);
  });

  it('parts of an unknown kind are kept unchanged', () => {
    const parts = [{ toolCall: { id: 't', toolType: 'X' }, thoughtSignature: 'c2ln' }, { hologram: { z: 1 } }];
    expect(merge([chunk(parts)]).candidate?.content?.parts).toEqual(parts);
  });

  it('the merge does not change the chunks', () => {
    const first = chunk([{ text: 'a' }]);
    merge([first, chunk([{ text: 'b' }])]);
    expect(first).toEqual(chunk([{ text: 'a' }]));
  });
});

describe('the other fields of a response', () => {
  it('the latest value of each field is kept, and an absent field removes nothing', () => {
    const { response } = merge([
      { responseId: 'r', modelVersion: 'm', ...said({ finishReason: 'STOP', safetyRatings: [{ category: 'A' }] }) },
      { modelVersion: 'm2', responseId: undefined, ...said({ finishReason: 'RECITATION', tokenCount: 3 }) },
    ]);
    expect(response).toEqual({
      responseId: 'r',
      modelVersion: 'm2',
      candidates: [{ index: 0, finishReason: 'RECITATION', safetyRatings: [{ category: 'A' }], tokenCount: 3 }],
    });
  });

  it('sources are merged without duplicates, whether chunks repeat them or not', () => {
    const a = { web: { uri: 'https://a.example', title: 'A' } };
    const b = { web: { uri: 'https://b.example', title: 'B' } };
    const supports = (text: string, ...groundingChunkIndices: number[]) => ({
      segment: { text },
      groundingChunkIndices,
    });
    const { candidate, events } = merge([
      said({
        groundingMetadata: { webSearchQueries: ['x'], groundingChunks: [a], groundingSupports: [supports('1', 0)] },
      }),
      said({ groundingMetadata: { groundingChunks: [a, b], groundingSupports: [supports('1', 0), supports('2', 1)] } }),
      said({
        groundingMetadata: {
          webSearchQueries: ['x', 'y'],
          groundingChunks: [b],
          groundingSupports: [supports('3', 0)],
        },
      }),
      said({
        groundingMetadata: { groundingSupports: [supports('4', 0, 1)], searchEntryPoint: { renderedContent: '<p>' } },
      }),
    ]);
    expect(candidate?.groundingMetadata).toEqual({
      webSearchQueries: ['x', 'y'],
      groundingChunks: [a, b],
      groundingSupports: [supports('1', 0), supports('2', 1), supports('3', 1), supports('4', 0, 1)],
      searchEntryPoint: { renderedContent: '<p>' },
    });
    expect(events.map(({ type }) => type)).toEqual(['grounding', 'grounding', 'grounding', 'grounding']);
  });

  it('indices that count over the whole answer are kept', () => {
    const source = (uri: string) => ({ web: { uri } });
    const { candidate } = merge([
      said({ groundingMetadata: { groundingChunks: [source('a')] } }),
      said({
        groundingMetadata: { groundingChunks: [source('b')], groundingSupports: [{ groundingChunkIndices: [1] }] },
      }),
    ]);
    expect(candidate?.groundingMetadata?.['groundingSupports']).toEqual([{ groundingChunkIndices: [1] }]);
  });

  it('citations and retrieved pages are merged in the same way', () => {
    const citation = { startIndex: 0, uri: 'https://a.example' };
    const page = { retrievedUrl: 'https://a.example', urlRetrievalStatus: 'URL_RETRIEVAL_STATUS_SUCCESS' };
    const both = { citationMetadata: { citations: [citation] }, urlContextMetadata: { urlMetadata: [page] } };
    const { candidate } = merge([said(both), said({ ...both, citationMetadata: { citations: [{ startIndex: 9 }] } })]);
    expect(candidate).toMatchObject({
      citationMetadata: { citations: [citation, { startIndex: 9 }] },
      urlContextMetadata: { urlMetadata: [page] },
    });
  });

  it('a field name never reaches a prototype', () => {
    const hostile = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
    const metadata = JSON.parse(hostile) as Record<string, unknown>;
    merge([
      { ...said({ groundingMetadata: metadata, logprobsResult: metadata }), ...metadata },
      JSON.parse(`{"candidates":[${hostile}],"__proto__":{"polluted":true}}`) as GenerateContentResponse,
    ]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.for<[string, string]>([
    ['the response', '{"__proto__":{"polluted":true},"candidates":[{}]}'],
    ['a candidate', '{"candidates":[{"__proto__":{"polluted":true}}]}'],
    ['the probabilities', '{"candidates":[{"logprobsResult":{"a":1,"__proto__":[{"polluted":true}]}}]}'],
    ['the token counts', '{"usageMetadata":{"totalTokenCount":1,"__proto__":{"polluted":true}}}'],
  ])('the merge keeps the prototype of %s', ([, json]) => {
    const payload = (): GenerateContentResponse => JSON.parse(json) as GenerateContentResponse;
    const { response, merger } = merge([{ usageMetadata: { promptTokenCount: 1 } }, payload(), payload()]);
    merger.nextAttempt();
    merger.add({ usageMetadata: { totalTokenCount: 2 } }, () => undefined);
    const candidate = response.candidates?.[0];
    const objects = [response, candidate ?? {}, candidate?.logprobsResult ?? {}, response.usageMetadata ?? {}];
    expect(objects.map((fields) => Object.getPrototypeOf(fields) as unknown)).toEqual(
      objects.map(() => Object.prototype),
    );
  });

  it('the token probabilities of all chunks are joined', () => {
    const { candidate } = merge([
      said({ logprobsResult: { chosenCandidates: [{ token: 'a' }] } }),
      said({ logprobsResult: { chosenCandidates: [{ token: 'a' }] } }),
    ]);
    expect(candidate?.['logprobsResult']).toEqual({ chosenCandidates: [{ token: 'a' }, { token: 'a' }] });
  });
});

describe('the limits of a response', () => {
  it.for<[string, GenerateContentResponse]>([
    ['candidates', { candidates: Array.from({ length: 129 }, (_, index) => ({ index })) }],
    ['token counts', { usageMetadata: Object.fromEntries(Array.from({ length: 129 }, (_, at) => [`f${at}`, 1])) }],
    ['token counts', { usageMetadata: { promptTokensDetails: Array.from({ length: 128 }, () => ({})) } }],
  ])('a response with too many items is an error that names the limit: %s', ([what, payload]) => {
    const message = `the response has more than 128 ${what}`;
    const error = new GeminiError('response-too-large', message, { limit: 128, received: 129 });
    expect(() => merge([payload])).toThrow(error);
  });

  it('candidates may arrive in any order', () => {
    const indices = [5, 0, 127, 3, 3, 0, 64];
    const { response } = merge([{ candidates: indices.map((index) => ({ index })) }, said({ index: 4 })]);
    expect(response.candidates?.map(({ index }) => index)).toEqual([0, 3, 4, 5, 64, 127]);
  });
});

describe('token counts', () => {
  const usage = (promptTokenCount: number, candidatesTokenCount: number) => ({
    usageMetadata: {
      promptTokenCount,
      candidatesTokenCount,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokenCount }],
    },
  });
  it('token counts of a request are the latest of each field', () => {
    const { response } = merge([usage(5, 1), { usageMetadata: { trafficType: 'ON_DEMAND' } }, usage(5, 9)]);
    expect(response.usageMetadata).toMatchObject({ ...usage(5, 9).usageMetadata, trafficType: 'ON_DEMAND' });
  });

  it('token counts of several requests are added up', () => {
    const { merger, response } = merge([usage(5, 1), usage(5, 3)]);
    merger.nextAttempt();
    merger.add(usage(8, 2), () => undefined);
    merger.add(usage(8, 4), () => undefined);
    expect(merger.takeUsage()).toBe(response.usageMetadata);
    expect(merger.usage.ofRequest).toMatchObject({ promptTokenCount: 8, candidatesTokenCount: 4 });
    expect(response.usageMetadata).toEqual({
      promptTokenCount: 13,
      candidatesTokenCount: 7,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 13 }],
    });
  });
});
