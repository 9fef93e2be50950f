import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a child process said. */
export interface ChildRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Most of the start-up is saved if the sources are not compiled anew in each child. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/compiled', import.meta.url));

/** Runs TypeScript in a fresh Node, from this package's folder, so that its environment and memory are its own. */
export function runChild(
  code: string,
  { env = {}, flags = [] }: { readonly env?: NodeJS.ProcessEnv; readonly flags?: readonly string[] } = {},
): Promise<ChildRun> {
  const nodeArguments = ['--conditions=@gemini/source', ...flags, '--input-type=module-typescript', '--eval', code];
  const inherited = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compileCache };
  const options = { cwd: new URL('..', import.meta.url), env: { ...inherited, ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, nodeArguments, options, (error, stdout, stderr) => {
      resolve({ stdout, stderr, exitCode: error === null ? 0 : Number(error.code ?? 1) });
    });
  });
}
