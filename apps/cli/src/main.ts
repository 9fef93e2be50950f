import { endOnUnheardSignal } from './interrupt.ts';
import { run } from './run.ts';
import { createOutput } from './terminal/output.ts';

endOnUnheardSignal();
process.exitCode = await run(process.argv.slice(2), createOutput());
