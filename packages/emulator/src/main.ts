import { help } from './command/help.ts';
import { readArguments } from './command/read-arguments.ts';
import { serve } from './command/serve.ts';

const usageError = 2;

try {
  const request = readArguments(process.argv.slice(2));
  if (request.type === 'help') process.stdout.write(help);
  else process.exitCode = await serve(request, process);
} catch (error) {
  process.stderr.write(`gemini-emulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TypeError ? usageError : 1;
}
