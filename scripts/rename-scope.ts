import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Gives every package of the checkout in `folder` another scope: in names, imports, the export condition that the
 * workspace runs from its sources by, documents and changesets. The scope stands in `packageScope` of the root's
 * package.json; that is where it is read from. Resolves with the files that were changed. Throws a `TypeError` for what
 * npm does not take for a scope.
 */
export function renameScope(folder: string, scope: string): string[] {
  if (!/^@[a-z\d][\w.-]*$/.test(scope)) throw new TypeError(`expected a scope such as @other, got ${scope}`);
  const manifest = join(folder, 'package.json');
  const { packageScope } = JSON.parse(readFileSync(manifest, 'utf8')) as { packageScope: string };
  const field = `"packageScope": "${packageScope}"`;
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return tracked.split('\0').filter((file) => {
    const path = join(folder, file);
    if (file === '' || !existsSync(path)) return false;
    const before = readFileSync(path);
    // Recordings that are compressed have no names in them.
    if (before.includes(0)) return false;
    const text = before.toString('utf8');
    const after = text.replaceAll(`${packageScope}/`, `${scope}/`).replace(field, `"packageScope": "${scope}"`);
    if (after === text) return false;
    writeFileSync(path, after);
    return true;
  });
}

if (import.meta.main) {
  const [, , scope = ''] = process.argv;
  const changed = renameScope(process.cwd(), scope);
  // Names of another length wrap elsewhere, and the packages link to each other by them.
  for (const [command, ...words] of [['oxfmt'], ['pnpm', 'install', '--no-frozen-lockfile']]) {
    execFileSync(command ?? '', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  process.stdout.write(`${changed.length} files now say ${scope}\n`);
}
