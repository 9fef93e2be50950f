import { run } from './run.ts';
import { createOutput } from './terminal/output.ts';

process.exitCode = await run(process.argv.slice(2), createOutput());
