import { scenarios } from '../scenario/scenarios.ts';
import { helpText } from './help.ts';
import { readArguments } from './read-arguments.ts';
import { serve } from './serve.ts';

const usageError = 2;

/**
 * Runs the emulator's command line, until a signal stops it or its own command ends. Resolves with the exit code; what
 * is wrong is one line on standard error, under the name that the command goes by.
 */
export async function runCommand(
  words: readonly string[],
  program = 'gemini-emulator',
  host: NodeJS.Process = process,
): Promise<number> {
  try {
    const line = readArguments(words);
    if (line.action === 'serve') return await serve(line, host, program);
    host.stdout.write(line.action === 'help' ? helpText(program) : listOfScenarios());
    return 0;
  } catch (error) {
    host.stderr.write(`${program}: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof TypeError ? usageError : 1;
  }
}

function listOfScenarios(): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  return scenarios.map(({ name, description }) => `${name.padEnd(width)}  ${description}\n`).join('');
}
