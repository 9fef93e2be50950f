import { createRequire } from 'node:module';
import { parseCommandLine } from './command-options.ts';
import { exitCodes } from './exit-code.ts';
import { helpText } from './help-text.ts';
import type { Output } from './terminal/output.ts';
import { UsageError } from './usage-error.ts';

/** Runs one command and returns its exit code. Every failure is one line on standard error. */
export async function run(args: readonly string[], output: Output): Promise<number> {
  try {
    const options = parseCommandLine(args);
    switch (options.command) {
      case 'help':
        output.line(helpText.trimEnd());
        return exitCodes.ok;
      case 'version':
        output.line(version());
        return exitCodes.ok;
      case 'demo': {
        const { demo } = await import('./commands/demo.ts');
        return await demo(options, output);
      }
      case 'stream': {
        const { streamPrompt } = await import('./commands/stream-prompt.ts');
        return await streamPrompt(options, output);
      }
    }
  } catch (error) {
    output.note(`gemini-stream: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof UsageError || error instanceof TypeError ? exitCodes.usage : exitCodes.error;
  }
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../package.json') as { version: string };
  return manifest.version;
}
