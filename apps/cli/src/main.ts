import { exitOnUnheardSignal } from './interrupt.ts';

// First, because an interrupt may come while the rest is loaded.
exitOnUnheardSignal();
const [{ run }, { ProcessOutput }] = await Promise.all([import('./run.ts'), import('./terminal/output.ts')]);
const exitCode = await run(process.argv.slice(2), new ProcessOutput());
// If Node wound down by itself, it would take its signal handlers off first: a signal in that moment kills the process.
// oxlint-disable-next-line unicorn/no-process-exit -- all output is flushed
process.exit(exitCode);
