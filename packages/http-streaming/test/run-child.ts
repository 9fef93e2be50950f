import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The output of a child process. */
export interface ChildRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** Children share compiled sources, which saves most of their start-up. */
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
