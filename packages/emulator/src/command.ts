export { childEnvironment } from './command/child-environment.ts';
export { runChild } from './command/run-child.ts';
export { runCommand } from './command/run-command.ts';
