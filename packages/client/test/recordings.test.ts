import { createGemini, type FunctionCall, type PartialArg } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { playing, recordedAnswers, type RecordedAnswer } from './recorded-answers.ts';

const streamed = async (entry: RecordedAnswer, chunkBytes: 'event' | number) => {
  await using emulator = await createEmulator({ recording: playing(entry, chunkBytes) });
  const stream = createGemini({ baseUrl: emulator.url }).stream('anything');
  let thoughts = '';
  const calls: FunctionCall[] = [];
  const deltas: Pick<PartialArg, 'jsonPath'>[] = [];
  try {
    for await (const event of stream) {
      if (event.type === 'thought-delta' && event.candidate === 0) thoughts += event.text;
      if (event.type === 'function-call-end') calls.push(event.call);
      if (event.type === 'function-call-delta') deltas.push({ jsonPath: event.path });
    }
  } catch {
    // The outcome reports the error.
  }
  return { outcome: await stream.outcome, thoughts, calls, deltas };
};

describe.for(recordedAnswers)('$file', (entry) => {
  it.for(['event', 4_096, 61] as const)('the recorded answer matches its index, cut by %s', async (chunkBytes) => {
    const { outcome, thoughts, calls, deltas } = await streamed(entry, chunkBytes);
    const { text, thoughtText, functionCalls, finishReasons, usageMetadata, api } = entry;
    expect(outcome.text).toBe(text);
    // The Interactions API has other names for these facts.
    if (api === 'interactions') return;
    if (thoughtText !== undefined) expect(thoughts).toBe(thoughtText ?? '');
    if (finishReasons?.length) expect(outcome.finishReason).toBe(finishReasons.at(-1));
    if (usageMetadata) expect(outcome.usage).toMatchObject(usageMetadata);
    if (!functionCalls) return;
    const named = functionCalls.filter(({ name }) => name);
    expect(calls.map(({ name }) => name)).toEqual(named.map(({ name }) => name));
    const paths = functionCalls.flatMap(({ partialArgs = [] }) => partialArgs.map(({ jsonPath }) => ({ jsonPath })));
    expect(deltas).toEqual(paths);
    for (const [index, { args }] of named.entries()) if (args) expect(calls[index]?.args).toEqual(args);
    for (const call of calls) expect(call).not.toHaveProperty('partialArgs');
  });
});
