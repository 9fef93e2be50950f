import { createGemini } from '@gemini/client';
import { createEmulator, type Emulator, type Recording } from '@gemini/emulator';
import { defineCommand } from '../command.ts';
import { connect, type Connection } from '../connection/connect.ts';
import { connectionOptions } from '../connection/connection-options.ts';
import { exitCodeOf, exitCodes } from '../exit-code.ts';
import { readRecording } from '../read-recording.ts';
import type { Output } from '../terminal/output.ts';
import { visibleText } from '../terminal/visible-text.ts';
import { analyseTiming, milliseconds } from '../timing/analyse-timing.ts';
import { timingReport } from '../timing/timing-report.ts';
import { watchStream, type WatchedStream } from '../timing/watch-stream.ts';

type Watchable = Pick<Connection, 'gemini' | 'emulator'>;

const demoPrompt = 'Count slowly from 1 to 10';

/**
 * Shows an answer arrive, says whether it was live, and then shows the same answer through a path that holds it back
 * until it is whole. Returns 0 when the live run met every bar that could be measured.
 */
export const demoCommand = defineCommand({
  usage: ['demo [options] ["prompt"]', 'demo --recording FILE'],
  options: {
    recording: { type: 'string', value: 'FILE', description: 'play a file of server-sent events instead' },
    ...connectionOptions,
  },
  examples: [
    ['demo', 'the answer as it is generated, then as a buffering path shows it'],
    ['demo --recording answer.sse', 'the same with a recorded stream'],
  ],
  async run({ values, positionals, rest = [], output }) {
    const recording = values.recording === undefined ? undefined : await readRecording(values.recording);
    const live = recording === undefined ? await connect(values, output) : await play(recording);
    try {
      const prompt = [...positionals, ...rest].join(' ') || demoPrompt;
      output.line(`Live: ${values.recording ?? prompt}\n`);
      return await showBoth(live, prompt, output);
    } finally {
      await live[Symbol.asyncDispose]();
    }
  },
});

async function showBoth({ gemini, emulator }: Watchable, prompt: string, output: Output): Promise<number> {
  const watched = await watch(gemini, prompt, output);
  if (watched.chunks.length === 0) {
    output.note(`gemini-stream: ${watched.outcome.error?.message ?? 'the stream held no chunk'}`);
    return exitCodeOf(watched.outcome);
  }
  const analysis = analyseTiming(shownEvents(watched, emulator), watched.verdict);
  output.line(`\n${timingReport(analysis).join('\n')}\n`);

  output.line('Buffered: the same answer through a path that collects it first\n');
  const held = await play({ ...bodyOf(watched), delayMs: analysis.averageIntervalMs ?? 0 }, true);
  try {
    const late = await watch(held.gemini, prompt, output);
    const lateFirst = late.chunks[0] && late.chunks[0].shownAt - late.startedAt;
    const inBlocks = analyseTiming(shownEvents(late, held.emulator), late.verdict);
    output.line(`
  ${late.chunks.length} events, ${late.verdict.kind}: nothing for ${milliseconds(lateFirst ?? 0)}, then everything at once
  live, the first was there after ${milliseconds(analysis.firstMs ?? 0)}`);
    const met = analysis.checks.every((check) => check.met !== false) && inBlocks.checks.at(-1)?.met !== true;
    return met ? exitCodes.ok : exitCodes.error;
  } finally {
    await held[Symbol.asyncDispose]();
  }
}

function watch(gemini: ReturnType<typeof createGemini>, prompt: string, output: Output): Promise<WatchedStream> {
  return watchStream(
    () => gemini.stream(prompt, { rawChunks: true }),
    (text, sinceStartMs) => {
      const shown = JSON.stringify(text).slice(1, -1);
      output.line(`[${Math.round(sinceStartMs)}ms] ${output.isTerminal ? visibleText(shown) : shown}`);
    },
  );
}

async function play(recording: Recording, buffered = false) {
  const emulator = await createEmulator({ recording, ...(buffered ? { scenario: 'buffered' } : {}) });
  return {
    gemini: createGemini({ baseUrl: emulator.url, apiKey: 'emulator' }),
    emulator: emulator as Emulator | undefined,
    [Symbol.asyncDispose]: () => emulator.close(),
  };
}

// What was received, as it was on the wire: so the second run needs neither a second answer nor a key.
function bodyOf({ chunks }: WatchedStream): Recording {
  const events = chunks.map(({ chunk }) => `data: ${JSON.stringify(chunk)}\r\n\r\n`);
  return { body: Buffer.from(events.join('')), chunkBytes: 'event' };
}

function shownEvents({ startedAt, chunks }: WatchedStream, emulator: Emulator | undefined) {
  const writes = emulator?.requests.at(-1)?.writes ?? [];
  // The emulator writes one event at a time; where that is not so, its times belong to no event.
  const told = writes.length === chunks.length ? writes : [];
  return chunks.map(({ shownAt }, index) => {
    const sentAt = told[index]?.atMs;
    return { shownMs: shownAt - startedAt, sentMs: sentAt === undefined ? undefined : sentAt - startedAt };
  });
}
