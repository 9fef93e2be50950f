import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { createSseParser } from '@gemini/sse-parser';
import { checkSplitInvariance } from '@gemini/sse-parser/testing';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A body that something once went wrong with. */
interface CorpusCase {
  readonly file: string;
  /** Inputs that broke the parser, or would break a careless one. */
  readonly found: string;
  readonly maxEventBytes?: number;
  /** The outcome's. */
  readonly status: string;
  /** The code of the outcome's error. */
  readonly code?: string;
  readonly text: string;
}

const folder = join(import.meta.dirname, 'fuzz-corpus');
const cases = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as CorpusCase[];

it('has every file of the corpus', () => {
  const files = readdirSync(folder).filter((file) => file !== 'index.json');
  expect(cases.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
});

describe.for(cases)('$file', ({ file, maxEventBytes, status, code, text }) => {
  const body = readFileSync(join(folder, file));

  it('gives the same events for every split', () => {
    expect(checkSplitInvariance(body, { maxEventBytes }).difference).toBeUndefined();
  });

  it.for(['whole', 1, 'event'] as const)('ends as it should, in pieces of %s', async (chunkBytes) => {
    await using emulator = await createEmulator({ recording: { body, contentType: 'text/event-stream', chunkBytes } });
    const gemini = createGemini({ baseUrl: emulator.url, apiKey: 'any', maxEventBytes, retry: false });
    const outcome = await gemini.stream('anything').outcome;
    expect({ status: outcome.status, code: outcome.error?.code, text: outcome.text }).toEqual({ status, code, text });
  });
});

it('a text is reported before a line that passes the limit', () => {
  const texts: string[] = [];
  const parser = createSseParser({
    maxEventBytes: 64,
    onEvent: () => undefined,
    onText: (text) => texts.push(text),
  });
  expect(() => parser.push(readFileSync(join(folder, 'text-closed-by-a-long-line.sse')))).toThrow(/64/);
  expect(texts).toEqual(['oops']);
});

it('the probe ignores inherited properties', async () => {
  const body = readFileSync(join(folder, 'prototype-json-path.sse'));
  await using emulator = await createEmulator({ recording: { body, contentType: 'text/event-stream' } });
  const { response } = await createGemini({ baseUrl: emulator.url, apiKey: 'any' }).stream('anything').outcome;
  const args = response.candidates?.[0]?.content?.parts?.[0]?.functionCall?.args ?? {};
  expect(Object.keys(args)).toEqual(['__proto__']);
  expect('polluted' in {}).toBe(false);
});
