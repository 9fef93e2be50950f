import type { GeminiStream, StreamOutcome } from '@gemini/client';
import { isatty } from 'node:tty';
import { TextWriter } from '../answer/answer-writers.ts';
import { showAnswer } from '../answer/show-answer.ts';
import { type ChatContext, readLine, runChatCommand } from '../chat/chat-commands.ts';
import { createPipedInputs, createTypedInputs } from '../chat/chat-input.ts';
import { Conversation, localChats, remoteChats } from '../chat/conversation.ts';
import { HistoryFile } from '../chat/history-file.ts';
import { type SavedChat, readLastChat, saveLastChat, saveOption } from '../chat/last-chat.ts';
import { TokenCount } from '../chat/token-count.ts';
import { type OptionValues, defineCommand } from '../command.ts';
import { connect, connectionOptions, refuseInventedAnswer } from '../connect.ts';
import { UsageError, exitCodeOf, exitCodes } from '../exit-code.ts';
import { failureText } from '../failure-text.ts';
import { apiOptions, usesInteractions } from '../prompt/interaction-prompt.ts';
import { answerOptions, generationConfigOf } from '../prompt/prompt-options.ts';
import { type AnswerScreen, openScreen, screenOptions } from '../terminal/answer-screen.ts';
import type { Output } from '../terminal/output.ts';

const options = {
  continue: { type: 'boolean', short: 'c', description: 'continue the last chat' },
  resume: {
    type: 'string',
    value: 'FILE',
    description: 'continue the conversation in FILE, and save it there after each turn',
  },
  ...saveOption,
  interaction: {
    type: 'string',
    value: 'ID',
    description: 'continue the conversation that the Interactions API has under this id',
  },
  ...answerOptions,
  ...screenOptions,
  ...apiOptions,
  ...connectionOptions,
} as const;

type ChatValues = OptionValues<typeof options>;

/** `gemini-stream chat`: a conversation in the terminal, or one message a line from a pipe. */
export const chatCommand = defineCommand({
  usage: ['chat [options]', 'chat [options] < messages.txt'],
  options,
  examples: [
    ['chat', 'a conversation'],
    ['chat --continue', 'the last chat, where you left it'],
    ['chat --resume trip.json', 'a conversation that you can resume tomorrow'],
    ['chat --api interactions', 'a conversation that the API keeps: its id is printed at the end'],
    ['chat -s "Answer in Latin." < questions.txt', 'one message for each line'],
  ],
  notes: [
    '/help lists the commands of a conversation: /model, /system, /save, /retry, /clear, /usage. // begins a message with /.\n' +
      'Ctrl-C stops an answer and keeps the text so far in the conversation. Ctrl-C twice, /exit or Ctrl-D leaves.\n' +
      'Lines that are pasted together are one message. With piped input, the first answer that fails ends the command with\n' +
      'its exit code.',
  ],
  async run({ values, given, positionals, rest, output }) {
    if (positionals.length > 0 || rest !== undefined) {
      throw new UsageError('chat reads its messages from standard input: gemini-stream -- "…" sends one prompt');
    }
    const config = generationConfigOf(values);
    const saved = values.continue ? readContinued(values, given) : {};
    const isRemote = values.continue ? saved.interactionId !== undefined : usesInteractions(values);
    refuseMismatch(values, isRemote);
    const file = values.resume === undefined ? undefined : await HistoryFile.open(values.resume);
    refuseInventedAnswer(values, output);
    const model = given.has('model') ? values.model : (saved.model ?? values.model);
    const connection = await connect({ ...values, model }, output);
    try {
      const system = given.has('system') ? values.system : (saved.system ?? values.system);
      const settings = { model: model ?? (process.env['GEMINI_MODEL'] || undefined), system, config };
      const { gemini } = connection;
      const conversation = isRemote
        ? new Conversation(remoteChats(gemini), settings, { interactionId: values.interaction ?? saved.interactionId })
        : new Conversation(localChats(gemini), settings, { history: file?.history ?? saved.history });
      const isTyped = isatty(stdinDescriptor);
      const isSaved = file === undefined && (values.save ?? (isTyped || values.continue));
      const session = {
        conversation,
        tokens: new TokenCount(),
        output,
        screen: await openScreen(values, output),
        isTyped,
        save: saveAction(conversation, { file, isSaved, omitted: saved.omitted }, output),
      };
      const exitCode = await converse(session, greetingOf(conversation.state, saved.omitted));
      noteContinuation(conversation, output);
      return exitCode;
    } finally {
      await connection[Symbol.asyncDispose]();
    }
  },
});

const stdinDescriptor = 0;

function readContinued(values: ChatValues, given: ReadonlySet<string>): SavedChat {
  const other = values.resume === undefined ? values.interaction !== undefined && '--interaction' : '--resume';
  if (other !== false) throw new UsageError(`--continue continues the last chat: leave out ${other}`);
  const saved = readLastChat();
  const isRemote = saved.interactionId !== undefined;
  if (given.has('api') && usesInteractions(values) !== isRemote) {
    throw new UsageError(`--continue: the last chat used --api ${isRemote ? 'interactions' : 'generate-content'}`);
  }
  return saved;
}

function refuseMismatch({ resume, interaction }: ChatValues, isRemote: boolean): void {
  if (isRemote && resume !== undefined) {
    throw new UsageError('--resume: the Interactions API keeps the conversation: --interaction ID continues it');
  }
  if (!isRemote && interaction !== undefined) throw new UsageError('--interaction needs --api interactions');
}

/** The places where a conversation is kept. */
interface Keeping {
  readonly file: HistoryFile | undefined;
  readonly isSaved: boolean;
  readonly omitted: number | undefined;
}

/** Returns the function that saves the conversation after a turn. */
function saveAction(conversation: Conversation, { file, isSaved, omitted }: Keeping, output: Output): () => void {
  return () => {
    const { state } = conversation;
    if (file !== undefined) file.save([...(state.history ?? [])]);
    if (!isSaved) return;
    const aside = saveLastChat({ ...state, omitted });
    if (aside !== undefined) output.note(`gemini-stream: the last chat was damaged: it is kept in ${aside}`);
  };
}

/** Returns the beginning of the greeting: empty for a new conversation. */
function greetingOf({ history = [], interactionId }: SavedChat, omitted = 0): string {
  if (interactionId !== undefined) return `after ${interactionId} · `;
  if (history.length === 0) return '';
  return `${history.length} messages so far${omitted === 0 ? '' : ` (${omitted} older ones left out)`} · `;
}

function noteContinuation({ state: { interactionId: id } }: Conversation, output: Output): void {
  if (id === undefined) return;
  output.dimNote(`gemini-stream: continue with: gemini-stream chat --api interactions --interaction ${id}`);
}

/** A conversation with its surroundings. */
interface ChatSession extends ChatContext {
  readonly screen: AnswerScreen;
  readonly isTyped: boolean;
  save(): void;
}

async function converse(session: ChatSession, greeting: string): Promise<number> {
  const { isTyped, output } = session;
  const inputs = isTyped ? createTypedInputs() : createPipedInputs();
  try {
    if (isTyped) output.dimNote(`${greeting}Ctrl-C stops an answer · /help · /exit or Ctrl-D leaves`);
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
      try {
        const action = actionOf(input.text.trim(), session);
        if (action === 'leave') return exitCodes.ok;
        if (action === undefined) continue;
        // oxlint-disable-next-line no-await-in-loop
        const outcome = await turn(action, session);
        wasInterrupted = outcome.status === 'stopped';
        if (!isTyped && outcome.status !== 'completed') return exitCodeOf(outcome);
      } catch (error) {
        // At a prompt, a mistake can be corrected.
        if (!isTyped || !(error instanceof UsageError || error instanceof TypeError)) throw error;
        output.note(`gemini-stream: ${failureText(error)}`);
      }
    }
  } finally {
    inputs.close();
  }
}

type Action = (() => GeminiStream) | 'leave' | undefined;

/**
 * Returns what a line asks for: an answer, to leave, or nothing more.
 * @throws UsageError for an invalid command
 */
function actionOf(line: string, session: ChatSession): Action {
  if (line === '') return undefined;
  const read = readLine(line);
  if ('message' in read) return () => session.conversation.stream(read.message);
  const result = runChatCommand(read.command, read.argument, session);
  return result === undefined || result === 'leave' ? result : () => result;
}

async function turn(start: () => GeminiStream, session: ChatSession): Promise<StreamOutcome> {
  const { output, screen, tokens } = session;
  const outcome = await showAnswer(start, new TextWriter(output, screen, true), output);
  tokens.add(outcome);
  try {
    session.save();
  } catch (error) {
    // The conversation continues without its copy.
    const { code, message: reason } = error as NodeJS.ErrnoException;
    output.note(`gemini-stream: the conversation was not saved: ${code ?? reason}`);
  }
  return outcome;
}
