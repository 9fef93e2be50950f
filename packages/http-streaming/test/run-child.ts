import { execFile } from 'node:child_process';

/** What a child process said. */
export interface ChildRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/**
 * For a test that runs a child. Node compiles the sources anew in each, which takes from one second on an idle machine to
 * more than twenty on a busy one. A child that hangs fails the test in the end.
 */
export const childTimeoutMs = 240_000;

/** Runs TypeScript in a fresh Node, from this package's folder, so that its environment and memory are its own. */
export function runChild(
  code: string,
  { env = {}, flags = [] }: { readonly env?: NodeJS.ProcessEnv; readonly flags?: readonly string[] } = {},
): Promise<ChildRun> {
  const nodeArguments = ['--conditions=@gemini/source', ...flags, '--input-type=module-typescript', '--eval', code];
  const options = { cwd: new URL('..', import.meta.url), env: { PATH: process.env['PATH'], ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, nodeArguments, options, (error, stdout, stderr) => {
      resolve({ stdout, stderr, exitCode: error === null ? 0 : Number(error.code ?? 1) });
    });
  });
}
