import type { GeminiStream } from '@gemini/client';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../exit-code.ts';
import { nearestName } from '../misspelling.ts';
import type { Output } from '../terminal/output.ts';
import type { Conversation } from './conversation.ts';
import { historyText } from './history-file.ts';
import { createPrivateFile, replacePrivateFile } from './private-file.ts';
import type { TokenCount } from './token-count.ts';

/** The conversation that a command acts on. */
export interface ChatContext {
  readonly conversation: Conversation;
  readonly tokens: TokenCount;
  readonly output: Output;
}

/** A command of a conversation, such as `/model`. */
interface ChatCommand {
  /** Its argument in `/help`. */
  readonly argument?: string;
  readonly summary: string;
  /**
   * Returns an answer to show, `'leave'`, or nothing.
   * @throws UsageError for an invalid argument
   */
  run(argument: string, context: ChatContext): GeminiStream | 'leave' | undefined;
}

/** The model of the client if none is named. */
const defaultModel = 'gemini-flash-latest';

const chatCommands: Readonly<Record<string, ChatCommand>> = {
  help: {
    summary: 'shows this list',
    run(_argument, { output }) {
      output.note(commandList());
      return undefined;
    },
  },
  model: {
    argument: '[NAME]',
    summary: 'shows the model, or changes it from the next message on',
    run(name, { conversation, output }) {
      if (name !== '') conversation.change({ model: checkedModel(name) });
      output.note(`model: ${conversation.settings.model ?? `${defaultModel} (the default)`}`);
      return undefined;
    },
  },
  system: {
    argument: '[TEXT]',
    summary: 'shows the system instruction, or changes it; - removes it',
    run(text, { conversation, output }) {
      if (text !== '') conversation.change({ system: text === '-' ? undefined : text });
      output.note(`system instruction: ${conversation.settings.system ?? 'none'}`);
      return undefined;
    },
  },
  save: {
    argument: '[--force] FILE',
    summary: 'saves the conversation for --resume; --force overwrites FILE',
    run(argument, context) {
      saveTo(argument, context);
      return undefined;
    },
  },
  retry: {
    summary: 'sends the last message again, and replaces its answer',
    run(_argument, { conversation }) {
      const stream = conversation.retry();
      if (stream === undefined) throw new UsageError('/retry: there is no message to send again');
      return stream;
    },
  },
  clear: {
    summary: 'starts over, with the same model and system instruction',
    run(_argument, { conversation, output }) {
      conversation.clear();
      output.note('the conversation starts over');
      return undefined;
    },
  },
  usage: {
    summary: 'shows the tokens of the last answer, and of all',
    run(_argument, { tokens, output }) {
      output.note(tokens.text);
      return undefined;
    },
  },
  exit: { summary: 'leaves, like Ctrl-D', run: () => 'leave' },
};

/** Reads a line of a conversation: a command, or a message. `//` begins a message that begins with `/`. */
export function readLine(
  line: string,
): { readonly message: string } | { readonly command: string; readonly argument: string } {
  const [, command, argument = ''] = /^\/([a-z-]*)(?:\s+(.*))?$/is.exec(line) ?? [];
  return command === undefined ? { message: line.replace(/^\/\//, '/') } : { command, argument: argument.trim() };
}

/**
 * Runs a command of a conversation.
 * @throws UsageError for an unknown command and an invalid argument
 */
export function runChatCommand(
  name: string,
  argument: string,
  context: ChatContext,
): GeminiStream | 'leave' | undefined {
  const command = chatCommands[name];
  if (command === undefined) {
    const near = nearestName(name, Object.keys(chatCommands));
    const hint = near === undefined ? '/help lists the commands' : `did you mean /${near}?`;
    throw new UsageError(`unknown command /${name}: ${hint} (a message that begins with / is written with //)`);
  }
  if (command.argument === undefined && argument !== '') throw new UsageError(`/${name} takes nothing after it`);
  return command.run(argument, context);
}

function commandList(): string {
  const rows = Object.entries(chatCommands).map(([name, { argument, summary }]) => {
    const form = `/${name}${argument === undefined ? '' : ` ${argument}`}`;
    return `  ${form.padEnd(22)}${summary}`;
  });
  return [...rows, `  ${'//TEXT'.padEnd(22)}sends a message that begins with /`].join('\n');
}

// The client checks a name only when it sends a request.
function checkedModel(name: string): string {
  const isName = name.split(',').every((each) => /^[\w@:-][\w.@:/-]*$/.test(each) && !/(?:^|\/)\.+(?:\/|$)/.test(each));
  if (isName) return name;
  throw new UsageError(`/model: expected a name such as gemini-flash-latest, got ${JSON.stringify(name)}`);
}

function saveTo(argument: string, { conversation, output }: ChatContext): void {
  const [, force, named = ''] = /^(--force\s+)?(.*)$/s.exec(argument) ?? [];
  const { history, interactionId } = conversation.state;
  if (named === '') throw new UsageError('/save needs a file: /save FILE');
  if (history === undefined) {
    throw new UsageError(`/save: the Interactions API keeps this conversation: --interaction ${interactionId ?? 'ID'}`);
  }
  // The shell that replaces ~ is not here.
  const path = named.startsWith('~/') ? join(homedir(), named.slice(2)) : named;
  try {
    if (force === undefined) createPrivateFile(path, historyText(history));
    else replacePrivateFile(path, historyText(history));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw new UsageError(`${named} exists: /save --force ${named} overwrites it`, { cause });
    throw new UsageError(`cannot save to ${named}: ${code === 'ENOENT' ? 'no such folder' : (code ?? message)}`, {
      cause,
    });
  }
  output.note(`saved: gemini-stream chat --resume ${named}`);
}
