import { createGemini, type FunctionCall, type PartialArg, type UsageMetadata } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** What an index says of a recorded stream. Only text is always there. */
interface Entry {
  readonly file: string;
  readonly mode?: string;
  readonly api?: string;
  readonly gzip: boolean;
  readonly contentType: string;
  readonly text: string;
  readonly thoughtText?: string | null;
  /** The pieces as they are on the wire, where arguments were streamed. */
  readonly functionCalls?: readonly FunctionCall[] | null;
  readonly finishReasons?: readonly string[] | null;
  readonly usageMetadata?: UsageMetadata | null;
}

const folders = [
  fileURLToPath(new URL('../../../tests/recordings', import.meta.url)),
  process.env['GEMINI_RECORDINGS'],
];
const entries = folders
  .filter((folder) => folder !== undefined)
  .flatMap((folder) =>
    (JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Entry[])
      .filter(({ mode }) => mode !== 'json-error')
      .map((entry) => ({ folder, ...entry })),
  );

const streamed = async (entry: (typeof entries)[number], chunkBytes: 'event' | number) => {
  const { folder, file, contentType, gzip } = entry;
  const body = readFileSync(join(folder, file));
  const contentEncoding = gzip ? 'gzip' : undefined;
  await using emulator = await createEmulator({ recording: { body, contentType, contentEncoding, chunkBytes } });
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
    // The outcome has it.
  }
  return { outcome: await stream.outcome, thoughts, calls, deltas };
};

describe.for(entries)('$file', (entry) => {
  it.for(['event', 4_096, 61] as const)('is what its index says, cut by %s', async (chunkBytes) => {
    const { outcome, thoughts, calls, deltas } = await streamed(entry, chunkBytes);
    const { text, thoughtText, functionCalls, finishReasons, usageMetadata, api } = entry;
    expect(outcome.text).toBe(text);
    // The events of the other API tell these things in other words.
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
