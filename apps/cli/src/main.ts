import { run } from './run.ts';
import { createOutput } from './terminal/output.ts';

// A reader that has enough (`gemini-stream … | head -1`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // oxlint-disable-next-line unicorn/no-process-exit -- nobody reads what would follow
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), createOutput());
