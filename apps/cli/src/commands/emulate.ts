import { runCommand } from '@gemini/emulator/command';
import type { PassThroughCommand } from '../command.ts';

/** `gemini-stream emulate`: the emulator, with all of its own options. */
export const emulateCommand: PassThroughCommand = {
  runWords: (words) => runCommand(words, 'gemini-stream emulate'),
};
