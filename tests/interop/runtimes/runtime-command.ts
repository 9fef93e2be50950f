import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export const runtimeNames = ['Bun', 'Deno'] as const;
export type RuntimeName = (typeof runtimeNames)[number];

// The newest of each when this was written, from npm.
const runtimes: Readonly<Record<RuntimeName, { readonly npmPackage: string; readonly run: readonly string[] }>> = {
  Bun: { npmPackage: 'bun@1.4.5', run: ['run'] },
  Deno: { npmPackage: 'deno@2.9.6', run: ['run', '--allow-all', '--no-config', '--node-modules-dir=manual'] },
};

/** The time limit of a hook that installs a runtime, in milliseconds. */
export const installLimitMs = 300_000;

/** A program and its first arguments, after which the file to run stands. */
export type RuntimeCommand = readonly [program: string, ...args: readonly string[]];

/** Returns the command that runs a program. Installs the runtime if npm's cache does not have it. */
export async function runtimeCommand(name: RuntimeName): Promise<RuntimeCommand> {
  const { npmPackage, run } = runtimes[name];
  const { stdout } = await promisify(execFile)('npx', [
    '-y',
    '-p',
    npmPackage,
    '-c',
    `command -v ${name.toLowerCase()}`,
  ]);
  return [stdout.trim(), ...run];
}
