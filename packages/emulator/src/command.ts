export { childEnvironment, runChild } from './command/run-child.ts';
export { runCommand } from './command/run-command.ts';
