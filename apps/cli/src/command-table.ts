import type { Command, PassThroughCommand } from './command.ts';

/** An entry of the command table. The command's file is loaded only when it is called. */
export interface CommandEntry {
  readonly name: string;
  /** A few words for the list in `--help`. */
  readonly summary: string;
  load(): Promise<Command | PassThroughCommand>;
}

/** The command for a line that does not begin with the name of a command. */
export const defaultCommand: CommandEntry = {
  name: 'stream',
  summary: 'stream one answer; the name of this command may be left out',
  load: async () => (await import('./commands/stream.ts')).streamCommand,
};

/** All commands, in the order of `--help`. */
export const commandTable: readonly CommandEntry[] = [
  defaultCommand,
  {
    name: 'chat',
    summary: 'hold a conversation in the terminal',
    load: async () => (await import('./commands/chat.ts')).chatCommand,
  },
  {
    name: 'follow',
    summary: 'stream an answer that was started elsewhere: an interaction, or a re-served stream',
    load: async () => (await import('./commands/follow.ts')).followCommand,
  },
  {
    name: 'models',
    summary: 'list the models of the server, for --model',
    load: async () => (await import('./commands/models.ts')).modelsCommand,
  },
  {
    name: 'demo',
    summary: 'show each chunk with its time, the verdict, and the same answer buffered',
    load: async () => (await import('./commands/demo.ts')).demoCommand,
  },
  {
    name: 'verify',
    summary: 'measure an endpoint over several runs, and compare each figure with its limit',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'doctor',
    summary: 'check whether a path is live, and name the likely cause and the fix if it is not',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'bench',
    summary: 'run many streams at once: first text, gaps, events a second, failures by kind',
    load: async () => (await import('./commands/bench.ts')).benchCommand,
  },
  {
    name: 'record',
    summary: 'record requests and responses in a cassette, for a bug report',
    load: async () => (await import('./commands/record.ts')).recordCommand,
  },
  {
    name: 'replay',
    summary: 'play a cassette in the terminal, or answer a command from it',
    load: async () => (await import('./commands/replay.ts')).replayCommand,
  },
  {
    name: 'emulate',
    summary: 'start a local server that speaks the Gemini API, with faults on request',
    load: async () => (await import('./commands/emulate.ts')).emulateCommand,
  },
  {
    name: 'complete',
    summary: 'print the completion script of a shell',
    load: async () => (await import('./commands/complete.ts')).completeCommand,
  },
];
