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
  summary: 'stream one answer (also without its name)',
  load: async () => (await import('./commands/stream.ts')).streamCommand,
};

/** All commands, in the order of `--help`. */
export const commandTable: readonly CommandEntry[] = [
  defaultCommand,
  {
    name: 'chat',
    summary: 'a conversation in the terminal',
    load: async () => (await import('./commands/chat.ts')).chatCommand,
  },
  {
    name: 'demo',
    summary: 'each chunk with its time, whether it was live, and how buffering looks',
    load: async () => (await import('./commands/demo.ts')).demoCommand,
  },
  {
    name: 'verify',
    summary: 'measure an endpoint over some runs, each figure against its bar',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
  {
    name: 'doctor',
    summary: 'is this path live? the verdict, the likely cause and what helps',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'bench',
    summary: 'many streams at a time: first text, gaps, events a second, failures by kind',
    load: async () => (await import('./commands/bench.ts')).benchCommand,
  },
  {
    name: 'record',
    summary: 'keep a session on the wire in a cassette, for a bug report',
    load: async () => (await import('./commands/record.ts')).recordCommand,
  },
  {
    name: 'replay',
    summary: 'play a cassette: to you, or to a command',
    load: async () => (await import('./commands/replay.ts')).replayCommand,
  },
  {
    name: 'emulate',
    summary: 'a local server that speaks the Gemini API, with faults on request',
    load: async () => (await import('./commands/emulate.ts')).emulateCommand,
  },
];
