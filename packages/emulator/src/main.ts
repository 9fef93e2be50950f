import { help } from './command/help.ts';
import { readArguments } from './command/read-arguments.ts';
import { serve } from './command/serve.ts';
import { scenarios } from './scenario/scenarios.ts';

const usageError = 2;

try {
  const line = readArguments(process.argv.slice(2));
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  if (line.action === 'help') process.stdout.write(help);
  else if (line.action === 'scenarios') {
    process.stdout.write(scenarios.map(({ name, description }) => `${name.padEnd(width)}  ${description}\n`).join(''));
  } else process.exitCode = await serve(line, process);
} catch (error) {
  process.stderr.write(`gemini-emulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TypeError ? usageError : 1;
}
