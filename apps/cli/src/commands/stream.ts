import type { GeminiStream, StreamOutcome } from '@gemini/client';
import { text as readAll } from 'node:stream/consumers';
import { defineCommand } from '../command.ts';
import { connect } from '../connection/connect.ts';
import { connectionOptions } from '../connection/connection-options.ts';
import { exitCodeOf } from '../exit-code.ts';
import { stopOnInterrupt } from '../interrupt.ts';
import { OutputClosedError } from '../terminal/output-closed-error.ts';
import type { Output } from '../terminal/output.ts';
import { summaryLine } from '../terminal/summary-line.ts';
import { UsageError } from '../usage-error.ts';

/** `gemini-stream "prompt"`: one answer on standard output. */
export const streamCommand = defineCommand({
  usage: ['[options] "prompt"', '[options] < prompt.txt'],
  options: {
    json: { type: 'boolean', description: 'events as JSON, one a line; the last has "type":"end"' },
    ...connectionOptions,
  },
  examples: [
    ['"Why do tides follow the moon?"', 'the answer as it is generated'],
    ['--json hi | jq -c .type', 'its events'],
  ],
  async run({ values, positionals, rest = [], output }) {
    const words = [...positionals, ...rest].join(' ');
    const prompt = words === '' || words === '-' ? await promptFromInput() : words;
    const connection = await connect(values, output);
    try {
      const emulated = connection.emulator !== undefined;
      const outcome = await streamAnswer(connection.gemini.stream(prompt), values.json, emulated, output);
      noteFailure(outcome, output);
      return exitCodeOf(outcome);
    } finally {
      await connection[Symbol.asyncDispose]();
    }
  },
});

async function streamAnswer(stream: GeminiStream, json: boolean, emulated: boolean, output: Output) {
  const interrupt = stopOnInterrupt(stream);
  try {
    return json ? await writeJson(stream, emulated, output) : await writeText(stream, output);
  } finally {
    interrupt[Symbol.dispose]();
  }
}

function noteFailure(outcome: StreamOutcome, output: Output): void {
  if (outcome.error !== undefined && outcome.status !== 'stopped') {
    output.note(`gemini-stream: ${outcome.error.message}`);
  }
  if (outcome.status === 'blocked') {
    output.note(`gemini-stream: blocked: ${outcome.blockReason ?? outcome.finishReason ?? 'no reason'}`);
  }
}

async function promptFromInput(): Promise<string> {
  const prompt = process.stdin.isTTY ? '' : (await readAll(process.stdin)).trim();
  if (prompt === '') throw new UsageError('no prompt: gemini-stream "prompt" (--help shows more)');
  return prompt;
}

async function writeText(stream: GeminiStream, output: Output): Promise<StreamOutcome> {
  let lastText = '';
  try {
    for await (const text of stream.textStream) {
      output.model(text);
      lastText = text;
    }
  } catch (error) {
    // Any other is in the outcome.
    if (error instanceof OutputClosedError) throw error;
  }
  const outcome = await stream.outcome;
  if (lastText !== '' && !lastText.endsWith('\n') && output.isTerminal) output.model('\n');
  if (output.isTerminal) output.dimNote(summaryLine(outcome, stream.timing, stream.verdict()));
  return outcome;
}

async function writeJson(stream: GeminiStream, emulated: boolean, output: Output): Promise<StreamOutcome> {
  const outcome = stream.outcome;
  try {
    for await (const event of stream) {
      if (event.type !== 'end') output.json(event);
    }
  } catch (error) {
    // Any other is in the outcome.
    if (error instanceof OutputClosedError) throw error;
  }
  const end = await outcome;
  const { error, ...facts } = end;
  const failure = error && { code: error.code, message: error.message, status: error.status, reason: error.reason };
  output.json({ type: 'end', emulated, verdict: stream.verdict().kind, ...facts, error: failure });
  return end;
}
