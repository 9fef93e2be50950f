import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

// The code of some hundred processes is compiled once: half of a second for each.
const codeFolder = join(import.meta.dirname, '../../node_modules/.cache/code');
const environment = { ...process.env, NODE_COMPILE_CACHE: codeFolder };

/**
 * Runs a program that prints its result as JSON, with a load as its argument: in a process of its own, so that no
 * contestant pays for the garbage of another.
 */
export const measureApart = async <Result>(
  program: string,
  load: unknown,
  engineOptions: readonly string[] = [],
): Promise<Result> => {
  const child = spawn(process.execPath, [...process.execArgv, ...engineOptions, program, JSON.stringify(load)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment,
  });
  return JSON.parse(await text(child.stdout)) as Result;
};
