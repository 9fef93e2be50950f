import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Packs the package in the current folder as it would be published (`publishConfig` applied) and checks the tarball:
 * what is in it, then publint and attw. Fails on any finding, with the finding on the terminal.
 */
const target = mkdtempSync(join(tmpdir(), 'check-package-'));

const run = (command: string, ...words: string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(command, words, { encoding: 'utf8' });
  if (status === 0) return stdout;
  process.stderr.write(`${stdout}${stderr}`);
  throw new Error(`${command} failed`, { cause: error });
};

try {
  run('pnpm', 'pack', '--pack-destination', target);
  const tarball = join(target, readdirSync(target).join());
  const files = new Set(run('tar', '-tzf', tarball).split('\n'));
  for (const file of ['package/LICENSE', 'package/README.md']) {
    if (!files.has(file)) throw new Error(`${file} is missing from the package`);
  }
  const manifest = run('tar', '-xOzf', tarball, 'package/package.json');
  for (const leftover of ['workspace:', '@gemini/source']) {
    if (manifest.includes(leftover)) throw new Error(`the published package.json still says ${leftover}`);
  }
  const readme = run('tar', '-xOzf', tarball, 'package/README.md').replaceAll(/^```.*?^```$/gms, '');
  const relative = /\]\((?!https?:|mailto:|#)[^)]*\)/.exec(readme)?.[0];
  if (relative !== undefined) throw new Error(`a link in README.md breaks on npm: ${relative}`);
  run('publint', 'run', tarball, '--strict');
  run('attw', tarball, '--profile', 'esm-only');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(target, { recursive: true, force: true });
}
