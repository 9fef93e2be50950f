import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a program to its end and resolves with what it printed. Rejects, with all it said, when it fails. */
export async function runCommand(
  command: string,
  words: readonly string[],
  folder: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  try {
    const { stdout } = await execute(command, words, { cwd: folder, env: environment, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${words.join(' ')} failed: ${stdout}${stderr}`.trim(), { cause: error });
  }
}
