import { runCommand } from './command/run-command.ts';

const outputs = [process.stdout, process.stderr];
// A closed pipe, such as one to `head`, must not end the command with a stack trace.
for (const output of outputs) output.on('error', () => {});

const exitCode = await runCommand(process.argv.slice(2));
await Promise.all(outputs.map((output) => new Promise((resolve) => output.write('', resolve))));
// oxlint-disable-next-line unicorn/no-process-exit -- a normal exit would remove the signal listeners first
process.exit(exitCode);
