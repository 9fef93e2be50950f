import { dirname, join } from 'node:path';
import { runtimeCommand } from '../interop/runtimes/runtime-command.ts';
import { provideNodes } from '../proof/provide-nodes.ts';
import { runCommand } from '../proof/run-command.ts';

/** A JavaScript runtime with its own way to install packages. */
export interface Runtime {
  readonly name: string;
  /** Adds packages to the project in a folder. */
  install(folder: string, packages: readonly string[]): Promise<unknown>;
  /** Runs a TypeScript program of the project, and resolves with its output. */
  run(folder: string, file: string, environment: NodeJS.ProcessEnv): Promise<string>;
}

/** Returns Node 22, 24 and 26, Bun and Deno. Those that are missing are installed below `target`, or in npm's cache. */
export async function provideRuntimes(target: string): Promise<Runtime[]> {
  const nodes = await provideNodes([22, 24, 26], target);
  const [bun] = await runtimeCommand('Bun');
  const [deno] = await runtimeCommand('Deno');
  return [
    ...nodes.map(({ version, path }) => nodeRuntime(version, path)),
    {
      name: 'Bun',
      install: (folder, packages) => runCommand(bun, ['add', ...packages], folder),
      run: (folder, file, environment) => runCommand(bun, ['run', file], folder, environment),
    },
    {
      name: 'Deno',
      install: (folder, packages) => {
        const names = packages.map((name) => `npm:${name}`);
        return runCommand(deno, ['add', '--minimum-dependency-age=0', ...names], folder, {
          ...process.env,
          ...quietDeno,
        });
      },
      run: (folder, file, environment) =>
        runCommand(deno, ['run', '--allow-all', file], folder, { ...environment, ...quietDeno }),
    },
  ];
}

const quietDeno = { DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };

function nodeRuntime(version: string, path: string): Runtime {
  // npm runs on the Node that is first on the path, and checks `engines` against it.
  const first = `${dirname(path)}:${process.env['PATH']}`;
  return {
    name: `Node ${version.slice(1).split('.')[0]}`,
    install: (folder, packages) =>
      runCommand('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], folder, {
        ...process.env,
        PATH: first,
      }),
    run: (folder, file, environment) =>
      runCommand(path, ['--disable-warning=ExperimentalWarning', join(folder, file)], folder, environment),
  };
}
