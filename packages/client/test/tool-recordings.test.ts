import { createGemini, tool, type Content } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gunzipSync } from 'node:zlib';
import { playing, recordedAnswers, type RecordedAnswer } from './recorded-answers.ts';

/** Interactions have another format, which is not a history of this API. */
const entries = recordedAnswers.filter(({ api }) => api !== 'interactions');

const textOf = ({ folder, file, gzip }: RecordedAnswer): string => {
  const bytes = readFileSync(join(folder, file));
  return (gzip ? gunzipSync(bytes) : bytes).toString();
};

/** Finds values on the wire in their order, without parsing chunks. */
const onTheWire = (entry: RecordedAnswer, field: string): string[] => {
  return [...textOf(entry).matchAll(new RegExp(`"${field}":\\s*"((?:[^"\\\\]|\\\\.)*)"`, 'g'))].map(
    (match) => JSON.parse(`"${match[1]}"`) as string,
  );
};

/** The functions that it calls; other names on the wire are not functions. */
const namesOf = (entry: RecordedAnswer): string[] => {
  const calls = textOf(entry).matchAll(/"functionCall":\s*\{(?:\s*"args":\s*\{[^{}]*\},)?\s*"name":\s*"(\w+)"/g);
  return [...calls].map((match) => match[1] ?? '');
};

/** Returns the request that follows a recorded answer after all its functions have run. */
const secondRequest = async (entry: RecordedAnswer, chunkBytes: 'event' | 'whole' | number) => {
  await using emulator = await createEmulator({ recording: playing(entry, chunkBytes) });
  const gemini = createGemini({ baseUrl: emulator.url, model: 'gemini-2.5-flash' });
  const names = new Set(namesOf(entry));
  const tools = [...names].map((name) => tool({ name, execute: (args) => ({ got: args }) }));
  const { turn } = await gemini.stream('anything', { tools, maxRounds: 2 }).outcome;
  const { contents } = (emulator.requests[1]?.body ?? {}) as { contents?: Content[] };
  return { contents, turn };
};

describe('the functions of a recorded answer', () => {
  // A server that runs functions itself sends their results in the answer.
  const calling = entries.filter((entry) => namesOf(entry).length > 0 && !textOf(entry).includes('"functionResponse"'));

  it.for(calling)(
    'the functions run, and their results are sent, however the answer is split: $file',
    async (entry) => {
      const { contents } = await secondRequest(entry, 'event');
      const [question, answer, results] = contents ?? [];
      expect([question?.role, answer?.role, results?.role, contents?.length]).toEqual(['user', 'model', 'user', 3]);

      const signatures = answer?.parts?.flatMap(({ thoughtSignature }) => thoughtSignature ?? []);
      expect(signatures).toEqual(onTheWire(entry, 'thoughtSignature'));
      const calls = answer?.parts?.flatMap(({ functionCall }) => functionCall ?? []) ?? [];
      expect(calls.map(({ name }) => name)).toEqual(namesOf(entry));
      const listed = entry.functionCalls?.filter(({ name }) => name);
      if (listed) expect(calls.map(({ id, name }) => [id, name])).toEqual(listed.map(({ id, name }) => [id, name]));
      expect(results?.parts).toEqual(
        calls.map(({ id, name, args = {} }) => ({
          functionResponse: { ...(id === undefined ? {} : { id }), name, response: { got: args } },
        })),
      );
      const said = (isThought: boolean): string =>
        (answer?.parts ?? []).map(({ text = '', thought = false }) => (thought === isThought ? text : '')).join('');
      expect(said(false)).toBe(entry.text);
      if (entry.thoughtText) expect(said(true)).toBe(entry.thoughtText);

      for (const chunkBytes of ['whole', 4_096, 61, 7] as const) {
        expect((await secondRequest(entry, chunkBytes)).contents).toEqual(contents);
      }
    },
  );
});

describe('a recorded answer', () => {
  it.for(entries)('a chat continues from the history of a recorded answer: $file', async (entry) => {
    await using emulator = await createEmulator({ recording: playing(entry, 'event') });
    const gemini = createGemini({ baseUrl: emulator.url, model: 'gemini-2.5-flash' });
    const chat = gemini.chat({ keep: 'partial' });
    const { status } = await chat.stream('anything').outcome;
    const [, answer] = chat.history;
    if (answer !== undefined) {
      const signatures = (answer.parts ?? []).flatMap(({ thoughtSignature }) => thoughtSignature ?? []);
      expect(signatures).toEqual(onTheWire(entry, 'thoughtSignature'));
    } else expect(status === 'completed' && entry.text !== '').toBe(false);
    const rebuilt = gemini.chat({ history: JSON.parse(JSON.stringify(chat.history)) as Content[] });
    expect(rebuilt.history).toEqual(chat.history);
    const answers = rebuilt.openCalls.map(({ name = '' }) => ({ functionResponse: { name, response: {} } }));
    await rebuilt.stream(answers.length > 0 ? answers : 'more').outcome;
    const last = emulator.requests.at(-1)?.body as { contents: Content[] } | undefined;
    expect(last?.contents.slice(0, chat.history.length)).toEqual(chat.history);
  });
});
