import type { GeminiStream, StreamOutcome } from '@gemini/client';
import { text as readAll } from 'node:stream/consumers';
import type { CommandOptions } from '../command-options.ts';
import { connect, emulatorNotice } from '../connect.ts';
import { exitCodeOf } from '../exit-code.ts';
import { stopOnInterrupt } from '../interrupt.ts';
import type { Output } from '../terminal/output.ts';
import { summaryLine } from '../terminal/summary-line.ts';
import { visibleText } from '../terminal/visible-text.ts';
import { UsageError } from '../usage-error.ts';

/** Streams one answer to standard output, and returns the exit code. */
export async function streamPrompt(options: CommandOptions, output: Output): Promise<number> {
  const prompt = options.prompt ?? (await promptFromInput());
  const connection = await connect(options);
  try {
    const emulated = connection.emulator !== undefined;
    if (emulated) output.note(emulatorNotice);
    const outcome = await streamAnswer(connection.gemini.stream(prompt), options.json, emulated, output);
    noteFailure(outcome, output);
    return exitCodeOf(outcome);
  } finally {
    await connection[Symbol.asyncDispose]();
  }
}

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
    output.note(`gemini-stream: ${visibleText(outcome.error.message)}`);
  }
  if (outcome.status === 'blocked') {
    output.note(`gemini-stream: blocked: ${visibleText(outcome.blockReason ?? outcome.finishReason ?? 'no reason')}`);
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
  } catch {
    // The outcome has it.
  }
  const outcome = await stream.outcome;
  if (lastText !== '' && !lastText.endsWith('\n') && output.isTerminal) output.model('\n');
  if (output.isTerminal) output.note(output.dim(summaryLine(outcome, stream.timing, stream.verdict())));
  return outcome;
}

async function writeJson(stream: GeminiStream, emulated: boolean, output: Output): Promise<StreamOutcome> {
  const outcome = stream.outcome;
  try {
    for await (const event of stream) {
      if (event.type !== 'end') output.line(JSON.stringify(event));
    }
  } catch {
    // The outcome has it.
  }
  const end = await outcome;
  const { error, ...facts } = end;
  const failure = error && { code: error.code, message: error.message, status: error.status, reason: error.reason };
  output.line(JSON.stringify({ type: 'end', emulated, verdict: stream.verdict().kind, ...facts, error: failure }));
  return end;
}
