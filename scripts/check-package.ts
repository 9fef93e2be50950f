import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Packs the package in the current folder as it would be published (`publishConfig` applied) and checks the tarball
 * with publint and attw. Fails on any finding.
 */
const target = mkdtempSync(join(tmpdir(), 'check-package-'));
const run = (command: string, ...args: string[]): void => {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
};
try {
  execFileSync('pnpm', ['pack', '--pack-destination', target], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [name] = readdirSync(target);
  if (name === undefined) throw new Error('pnpm pack made no tarball');
  const tarball = join(target, name);
  run('publint', 'run', tarball, '--strict');
  run('attw', tarball, '--profile', 'esm-only');
} finally {
  rmSync(target, { recursive: true, force: true });
}
