import { createGemini } from '@gemini/client';
import type { GeminiStreamEvent, StreamOutcome } from '@gemini/client';
import { createEmulator, type Emulator, type EmulatorOptions, type Fault } from '@gemini/emulator';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countCases } from '../../../scripts/count-cases.ts';
import { recordedAnswers } from './recorded-answers.ts';

type Reply = NonNullable<EmulatorOptions['script']>[number]['reply'];

/** Answers of every kind. */
const kinds: Readonly<Record<string, Reply>> = {
  text: { text: ['One, ', 'two, ', 'three, ', 'four, ', 'five 🌊.'] },
  thoughts: { thoughts: ['First this.', 'Then that.'], text: ['So ', 'it ', 'is.'] },
  calls: {
    steps: [
      { type: 'model_output', content: [{ type: 'text', text: 'Let me look at both of them.' }] },
      {
        type: 'function_call',
        id: 'a',
        name: 'look',
        arguments: { at: 'Oslo', days: [1, 2, 3], deep: { er: 'and deeper' } },
      },
      { type: 'function_call', id: 'b', name: 'look', arguments: { at: 'Bergen and all that is around it' } },
    ],
  },
  tools: {
    steps: [
      { type: 'thought', summary: [{ type: 'text', text: 'Search.' }], signature: 'c2ln' },
      { type: 'google_search_call', id: 's', arguments: { queries: ['x'] } },
      { type: 'google_search_result', call_id: 's', result: [{ search_suggestions: 'x' }] },
      { type: 'code_execution_call', id: 'c', arguments: { language: 'python', code: 'print(1)' } },
      { type: 'code_execution_result', call_id: 'c', result: '1\n', is_error: false },
      {
        type: 'model_output',
        content: [
          {
            type: 'text',
            text: 'It is one, I think, or two.',
            annotations: [{ type: 'url_citation', url: 'u', title: 't' }],
          },
        ],
      },
    ],
  },
  images: {
    steps: [
      {
        type: 'model_output',
        content: [
          { type: 'text', text: 'Here are two of them.' },
          { type: 'image', mime_type: 'image/png', data: 'AQID' },
          { type: 'image', mime_type: 'image/png', data: 'AQIE' },
        ],
      },
      { type: 'model_output', content: [{ type: 'text', text: 'And more text after that.' }] },
    ],
  },
  'repeated words': { text: Array.from({ length: 8 }, () => 'ha ') },
};

/** Recorded streams, ours and those of the folder that `GEMINI_RECORDINGS` names. */
const recorded = recordedAnswers
  .filter(({ api, gzip }) => api === 'interactions' && !gzip)
  .map(({ folder, file }): [string, Reply] => {
    const body = readFileSync(join(folder, file), 'utf8');
    const events = [...body.matchAll(/^data: (?!\[DONE\])(.*)$/gmu)].map(([, data = '']) => JSON.parse(data) as object);
    return [file, { events: events as never }];
  });

const modes: Readonly<Record<string, { readonly background: boolean; readonly fault: Fault }>> = {
  'a run with ids': { background: true, fault: { type: 'event-ids', on: 'all' } },
  'a run with ids on its deltas': { background: true, fault: { type: 'event-ids', on: 'deltas' } },
  'a run with some ids': { background: true, fault: { type: 'event-ids', on: 'some' } },
  'a run without ids': { background: true, fault: { type: 'event-ids', on: 'none' } },
  'tokens after each piece': { background: false, fault: { type: 'checkpoints', everyPieces: 1 } },
  'tokens after every second piece': { background: false, fault: { type: 'checkpoints', everyPieces: 2 } },
};

interface Streamed {
  readonly events: readonly GeminiStreamEvent[];
  readonly outcome: StreamOutcome;
}

// Every place takes a minute and a half: that is for `pnpm proof`. Otherwise each fourth is cut.
const everyPlace = process.env['EVERY_CASE'] === undefined ? 4 : 1;

let asked = 0;

/** Streams one answer. The faults are those of its first request, and the mode holds for all. */
async function ask(
  emulator: Emulator,
  mode: { background: boolean; fault: Fault },
  ...faults: Fault[]
): Promise<Streamed> {
  asked += 1;
  const steps = [{ faults: [mode.fault, ...faults] }, { faults: [mode.fault] }];
  // After its last step a scenario starts again: a third request would be cut like the first.
  const scenario = JSON.stringify({
    name: 'sweep',
    description: 'A cut.',
    steps: [...steps, ...Array.from({ length: 20 }, () => steps[1])],
  });
  const gemini = createGemini({ baseUrl: emulator.url, retry: { maxAttempts: 3, baseDelayMs: 0 }, idleTimeoutMs: 150 });
  const stream = gemini.interactions.stream(`question ${asked}`, {
    background: mode.background,
    emptyAnswer: 'complete',
    headers: { 'x-emulator-scenario': scenario },
  });
  const events: GeminiStreamEvent[] = [];
  try {
    for await (const event of stream) events.push(event);
  } catch {
    // The outcome has the error.
  }
  return { events, outcome: await stream.outcome };
}

const silent = new Set(['start', 'resume', 'usage', 'end', 'retry']);

/** The content of some events: adjacent texts joined, because a repeated piece may end inside another one. */
function contentOf(events: readonly GeminiStreamEvent[]): object[] {
  const content: Record<string, unknown>[] = [];
  for (const event of events) {
    if (silent.has(event.type)) continue;
    const last = content.at(-1);
    const { thoughtSignature: _signature, ...told } = event as unknown as Record<string, unknown>;
    const isSignature = event.type === 'part' && event.part.text === '';
    if (isSignature) continue;
    if ((event.type === 'text-delta' || event.type === 'thought-delta') && last?.['type'] === event.type) {
      last['text'] = `${String(last['text'])}${event.text}`;
    } else content.push(told);
  }
  return content;
}

/** The places at which a body is cut: the borders of its events, and some bytes inside, from a seed. */
function placesOf(writes: readonly { readonly bytes: number }[], seed: number): number[] {
  const borders: number[] = [];
  let total = 0;
  for (const { bytes } of writes) borders.push((total += bytes));
  let state = seed;
  const inside = Array.from({ length: 8 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return 1 + (state % Math.max(1, total - 1));
  });
  return [...new Set([...borders.slice(0, -1), ...inside])].toSorted((left, right) => left - right);
}

describe.for(Object.entries(modes))('%s', { timeout: 300_000 }, ([, mode]) => {
  it.for([...Object.entries(kinds), ...recorded])(
    'tells an answer once, wherever its connection is lost: %s',
    async ([, reply], { task }) => {
      await using emulator = await createEmulator({ script: [{ reply }], pace: { burst: 2 } });
      const whole = await ask(emulator, mode);
      expect(whole.outcome.status).toBe('completed');
      const body = emulator.requests[0]?.writes ?? [];
      const told = contentOf(whole.events);
      for (const [index, afterBytes] of placesOf(body, 7).entries()) {
        if (index % everyPlace !== 0) continue;
        countCases(task, 1);
        // Each way of losing a connection comes to each kind of place; a silence takes its time.
        const how = (['reset', 'end', 'close'] as const)[index % 3] ?? 'reset';
        const fault: Fault = index % 12 === 5 ? { type: 'silence', afterBytes } : { type: 'cut', how, afterBytes };
        const before = emulator.requests.length;
        // One stream after another.
        // oxlint-disable-next-line no-await-in-loop
        const { events, outcome } = await ask(emulator, mode, fault);
        const requests = emulator.requests.slice(before);
        const place = `${fault.type} ${how} after ${afterBytes} bytes`;
        expect([place, outcome.attempts]).toEqual([place, requests.length]);
        if (outcome.status === 'completed') {
          expect([place, contentOf(events)]).toEqual([place, told]);
          expect([place, outcome.text, outcome.steps?.length]).toEqual([
            place,
            whole.outcome.text,
            outcome.steps?.length,
          ]);
          expect([place, requests.length <= 2]).toEqual([place, true]);
          if (mode.background) expect([place, outcome.usage]).toEqual([place, whole.outcome.usage]);
          continue;
        }
        // Without a token an answer that began cannot be continued: its text is the beginning.
        expect([place, mode.background]).toEqual([place, false]);
        expect(['failed', 'truncated']).toContain(outcome.status);
        expect([place, whole.outcome.text.startsWith(outcome.text)]).toEqual([place, true]);
        const { writes } = requests[0] ?? {};
        const sent = writes?.map(({ text }) => text).join('') ?? '';
        expect([place, /"continuation_token".*\n\n/u.test(sent)]).toEqual([place, false]);
      }
    },
  );
});
