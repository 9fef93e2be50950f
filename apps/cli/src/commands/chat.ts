import type { Gemini, GeminiStream, StreamOutcome } from '@gemini/client';
import { isatty } from 'node:tty';
import { TextWriter } from '../answer/answer-writers.ts';
import { showAnswer } from '../answer/show-answer.ts';
import { createPipedInputs, createTypedInputs } from '../chat/chat-input.ts';
import { HistoryFile } from '../chat/history-file.ts';
import { defineCommand } from '../command.ts';
import { connect, connectionOptions, refuseInventedAnswer } from '../connect.ts';
import { UsageError, exitCodeOf, exitCodes } from '../exit-code.ts';
import { apiOptions, interactionConfig, usesInteractions } from '../prompt/interaction-prompt.ts';
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
    interaction: {
      type: 'string',
      value: 'ID',
      description: 'continue the conversation that the Interactions API has under this id',
    },
    ...answerOptions,
    ...apiOptions,
    ...connectionOptions,
  },
  examples: [
    ['chat', 'a conversation'],
    ['chat --resume trip.json', 'a conversation that you can resume tomorrow'],
    ['chat --api interactions', 'a conversation that the API keeps: its id is printed at the end'],
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
    const isInteraction = usesInteractions(values);
    if (isInteraction && values.resume !== undefined) {
      throw new UsageError('--resume: the Interactions API keeps the conversation: --interaction ID continues it');
    }
    if (!isInteraction && values.interaction !== undefined)
      throw new UsageError('--interaction needs --api interactions');
    const file = values.resume === undefined ? undefined : await HistoryFile.open(values.resume);
    refuseInventedAnswer(values, output);
    const connection = await connect(values, output);
    try {
      const { interaction: interactionId, system: systemInstruction } = values;
      const settings = { systemInstruction, config };
      const conversation = isInteraction
        ? interactionConversation(connection.gemini, { ...settings, interactionId }, output)
        : localConversation(connection.gemini, settings, file);
      const exitCode = await converse(conversation, output);
      conversation.onLeave();
      return exitCode;
    } finally {
      await connection[Symbol.asyncDispose]();
    }
  },
});

/** A conversation: in this process, or at the API. */
interface Conversation {
  /** The beginning of the greeting: empty for a new conversation. */
  readonly before: string;
  stream(message: string): GeminiStream;
  /** Called after each turn. */
  save(): void;
  onLeave(): void;
}

interface ConversationSettings {
  readonly systemInstruction: string | undefined;
  readonly config: Readonly<Record<string, unknown>> | undefined;
}

function localConversation(
  gemini: Gemini,
  settings: ConversationSettings,
  file: HistoryFile | undefined,
): Conversation {
  const chat = gemini.chat({ ...settings, history: file?.history, keep: 'partial' });
  const { length } = chat.history;
  return {
    before: length === 0 ? '' : `${length} messages so far · `,
    stream: (message) => chat.stream(message),
    save: () => file?.save(chat.history),
    onLeave: () => undefined,
  };
}

function interactionConversation(
  gemini: Gemini,
  { systemInstruction, config, interactionId }: ConversationSettings & { readonly interactionId: string | undefined },
  output: Output,
): Conversation {
  const generationConfig = interactionConfig(config);
  const chat = gemini.chat({ api: 'interactions', interactionId, systemInstruction, generationConfig });
  return {
    before: interactionId === undefined ? '' : `after ${interactionId} · `,
    stream: (message) => chat.stream(message),
    save: () => undefined,
    onLeave() {
      const { interactionId: id } = chat;
      if (id === undefined) return;
      output.dimNote(`gemini-stream: continue with: gemini-stream chat --api interactions --interaction ${id}`);
    },
  };
}

async function converse(conversation: Conversation, output: Output): Promise<number> {
  const isTyped = isatty(stdinDescriptor);
  const inputs = isTyped ? createTypedInputs() : createPipedInputs();
  try {
    if (isTyped) output.dimNote(`${conversation.before}Ctrl-C stops an answer · /exit or Ctrl-D leaves`);
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
      const outcome = await turn(conversation, message.replace(/^\/\//, '/'), output);
      wasInterrupted = outcome.status === 'stopped';
      if (!isTyped && outcome.status !== 'completed') return exitCodeOf(outcome);
    }
  } finally {
    inputs.close();
  }
}

async function turn(conversation: Conversation, message: string, output: Output): Promise<StreamOutcome> {
  const outcome = await showAnswer(() => conversation.stream(message), new TextWriter(output, true), output);
  try {
    conversation.save();
  } catch (error) {
    // The conversation continues without its copy.
    const { code, message: reason } = error as NodeJS.ErrnoException;
    output.note(`gemini-stream: the conversation was not saved: ${code ?? reason}`);
  }
  return outcome;
}

const commandsHelp = '/exit leaves the conversation. A message that begins with / is written with //.';
