import { join } from 'node:path';
import { root } from '../workspace-packages.ts';
import { runCommand } from './run-command.ts';

/** Clones the checkout's last commit, gives its packages another scope, and packs and checks them. Rejects where that fails. */
export async function proveRenaming(target: string, scope: string): Promise<void> {
  const folder = join(target, 'renamed');
  await runCommand('git', ['clone', '--quiet', root, folder], target);
  await runCommand('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], folder);
  const bin = join(folder, 'node_modules/.bin');
  const environment = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, TURBO_TELEMETRY_DISABLED: '1' };
  await runCommand('pnpm', ['rename-scope', scope], folder, environment);
  const { packageScope } = JSON.parse(await runCommand('git', ['show', 'HEAD:package.json'], folder)) as {
    packageScope: string;
  };
  const left = await runCommand('git', ['grep', '-l', `${packageScope}/`], folder).catch(() => '');
  if (left !== '') throw new Error(`the old scope is still in ${left}`);
  await runCommand('pnpm', ['typecheck'], folder, environment);
  await runCommand('turbo', ['run', 'build', 'check:package', '--output-logs=errors-only'], folder, environment);
  await runCommand('pnpm', ['format:check'], folder, environment);
}
