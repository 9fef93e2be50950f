import type { Chat, StreamOutcome } from '@gemini/client';
import { isatty } from 'node:tty';
import { TextWriter } from '../answer/answer-writers.ts';
import { showAnswer } from '../answer/show-answer.ts';
import { createPipedInputs, createTypedInputs } from '../chat/chat-input.ts';
import { HistoryFile } from '../chat/history-file.ts';
import { defineCommand } from '../command.ts';
import { connect, connectionOptions, refuseInventedAnswer } from '../connect.ts';
import { UsageError, exitCodeOf, exitCodes } from '../exit-code.ts';
import { answerOptions, generationConfigOf } from '../prompt/prompt-options.ts';
import type { Output } from '../terminal/output.ts';

const stdinDescriptor = 0;

/** `gemini-stream chat`: a conversation in the terminal, or one message a line from a pipe. */
export const chatCommand = defineCommand({
  usage: ['chat [options]', 'chat [options] < messages.txt'],
  options: {
    resume: {
      type: 'string',
      value: 'FILE',
      description: 'continue the conversation in FILE, and save it there after each turn',
    },
    ...answerOptions,
    ...connectionOptions,
  },
  examples: [
    ['chat', 'a conversation'],
    ['chat --resume trip.json', 'a conversation that you can resume tomorrow'],
    ['chat -s "Answer in Latin." < questions.txt', 'one message for each line'],
  ],
  notes: [
    'Ctrl-C stops an answer and keeps the text so far in the conversation. Ctrl-C twice, /exit or Ctrl-D leaves.\n' +
      'Lines that are pasted together are one message. With piped input, the first answer that fails ends the command with\n' +
      'its exit code.',
  ],
  async run({ values, positionals, rest, output }) {
    if (positionals.length > 0 || rest !== undefined)
      throw new UsageError('chat reads its messages from standard input');
    const config = generationConfigOf(values);
    const file = values.resume === undefined ? undefined : await HistoryFile.open(values.resume);
    refuseInventedAnswer(values, output);
    const connection = await connect(values, output);
    try {
      const systemInstruction = values.system;
      const chat = connection.gemini.chat({ history: file?.history, systemInstruction, config, keep: 'partial' });
      return await converse(chat, file, output);
    } finally {
      await connection[Symbol.asyncDispose]();
    }
  },
});

async function converse(chat: Chat, file: HistoryFile | undefined, output: Output): Promise<number> {
  const isTyped = isatty(stdinDescriptor);
  const inputs = isTyped ? createTypedInputs() : createPipedInputs();
  try {
    if (isTyped) output.dimNote(greeting(chat.history.length));
    let wasInterrupted = false;
    for (;;) {
      // A conversation has one turn after another.
      // oxlint-disable-next-line no-await-in-loop
      const input = await inputs.next();
      if (input.type === 'end') return exitCodes.ok;
      if (input.type === 'interrupt') {
        if (wasInterrupted) return exitCodes.interrupted;
        wasInterrupted = true;
        output.dimNote('(Ctrl-C again leaves)');
        continue;
      }
      const message = input.text.trim();
      if (message === '/exit') return exitCodes.ok;
      if (message === '') continue;
      const command = /^\/[a-z]*(?=\s|$)/i.exec(message)?.[0];
      if (command !== undefined) {
        output.note(command === '/help' ? commandsHelp : `gemini-stream: unknown command ${command}. ${commandsHelp}`);
        continue;
      }
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await turn(chat, message.replace(/^\/\//, '/'), file, output);
      wasInterrupted = outcome.status === 'stopped';
      if (!isTyped && outcome.status !== 'completed') return exitCodeOf(outcome);
    }
  } finally {
    inputs.close();
  }
}

async function turn(
  chat: Chat,
  message: string,
  file: HistoryFile | undefined,
  output: Output,
): Promise<StreamOutcome> {
  const outcome = await showAnswer(() => chat.stream(message), new TextWriter(output, true), output);
  try {
    file?.save(chat.history);
  } catch (error) {
    // The conversation continues without its copy.
    const { code, message: reason } = error as NodeJS.ErrnoException;
    output.note(`gemini-stream: the conversation was not saved: ${code ?? reason}`);
  }
  return outcome;
}

const commandsHelp = '/exit leaves the conversation. A message that begins with / is written with //.';

function greeting(messagesCount: number): string {
  const before = messagesCount === 0 ? '' : `${messagesCount} messages so far · `;
  return `${before}Ctrl-C stops an answer · /exit or Ctrl-D leaves`;
}
