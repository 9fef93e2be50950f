import type { GeminiStream } from '@gemini/client';
import { type Cassette, createEmulator, readCassette } from '@gemini/emulator';
import { childEnvironment, runChild } from '@gemini/emulator/command';
import { readFile } from 'node:fs/promises';
import { type FormatValues, createAnswerWriter, formatOptions } from '../answer/answer-writers.ts';
import { showAnswer } from '../answer/show-answer.ts';
import { defineCommand, readNumber } from '../command.ts';
import { UsageError, exitCodeOf, exitCodes } from '../exit-code.ts';
import { type ScreenValues, screenOptions } from '../terminal/answer-screen.ts';
import type { Output } from '../terminal/output.ts';

/** `gemini-stream replay`: shows the answers of a cassette again, or serves them to a command. */
export const replayCommand = defineCommand({
  usage: ['replay FILE [options]', 'replay FILE [--speed NUMBER] -- COMMAND [ARGUMENT…]'],
  options: {
    speed: { type: 'string', value: 'NUMBER', description: '1 as recorded, 2 twice as fast, 0 without waiting (1)' },
    ...formatOptions,
    ...screenOptions,
  },
  examples: [
    ['replay bug.ndjson', 'the recorded answers, at their own pace'],
    ['replay bug.ndjson --json --speed 0', 'their events, at once'],
    ['replay bug.ndjson -- node agent.js', 'your program, with answers from the file'],
    ['emulate --replay bug.ndjson', 'the file as a server'],
  ],
  notes: [
    'Requests that were retried after an error are shown as one answer. A command gets the answer to its method, path and\n' +
      'body.',
  ],
  async run({ values, positionals, rest, output }) {
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('replay: expected one FILE');
    if (rest?.length === 0) throw new UsageError('replay: expected a COMMAND after --');
    const speed = readNumber('speed', values.speed, { min: 0 });
    const cassette = await readTape(file);
    if (rest === undefined) return showCassette(file, cassette, speed, values, output);
    const emulator = await createEmulator({ replay: { cassette, speed } });
    try {
      return await runChild(rest, childEnvironment(emulator.url, process.env), process, 'gemini-stream');
    } finally {
      await emulator.close();
    }
  },
});

async function readTape(file: string): Promise<Cassette> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${file}: ${cause.code === 'ENOENT' ? 'no such file' : cause.code}`, { cause });
  });
  return readCassette(text);
}

// By order, so that the requests may differ from the recorded ones, and a retry gets the next recorded answer.
async function showCassette(
  file: string,
  { exchanges }: Cassette,
  speed: number | undefined,
  values: FormatValues & ScreenValues,
  output: Output,
): Promise<number> {
  const answers = exchanges.filter(({ path }) => path.includes(':streamGenerateContent') || isInteraction(path));
  if (answers.length === 0) throw new UsageError(`${file} has no streamed answer`);
  const { createGemini } = await import('@gemini/client');
  const emulator = await createEmulator({ replay: { cassette: { exchanges: answers }, speed, match: 'order' } });
  try {
    const gemini = createGemini({ baseUrl: emulator.url, apiKey: 'replay', vertex: false });
    let exitCode: number = exitCodes.ok;
    while (emulator.requests.length < answers.length && exitCode !== exitCodes.interrupted) {
      if (answers.length > 1) output.dimNote(`exchange ${emulator.requests.length + 1} of ${answers.length}`);
      const writer = createAnswerWriter(values, true, output);
      // One after another, as in the file.
      // oxlint-disable-next-line no-await-in-loop
      const options = { rawChunks: values.raw, keepContent: values.json };
      const path = answers[emulator.requests.length]?.path ?? '';
      // Of a run in the background, the exchange after a lost connection continues it.
      const start = (): GeminiStream =>
        isInteraction(path)
          ? gemini.interactions.stream('replay', { ...options, background: answers.some(isFollowed) })
          : gemini.stream('replay', options);
      const outcome = await showAnswer(start, writer, output);
      exitCode = exitCodeOf(outcome);
    }
    return exitCode;
  } finally {
    await emulator.close();
  }
}

/** Whether a path is that of an interaction: a new one, or one that is followed. */
function isInteraction(path: string): boolean {
  return /\/interactions(?:$|[?]|\/[^/?]+[?].*\bstream=true)/.test(path);
}

function isFollowed({ path }: { readonly path: string }): boolean {
  return isInteraction(path) && /\/interactions\/./.test(path);
}
