import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renameScope } from '../scripts/rename-scope.ts';
import { root, workspacePackages } from './workspace-packages.ts';

/** A checkout of these files, removed when its scope ends. */
function checkout(files: Readonly<Record<string, string>>): { readonly folder: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), 'scope-'));
  execFileSync('git', ['init', '--quiet'], { cwd: folder });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

describe('the scope', () => {
  it('stands in one place, and every member has it', () => {
    const { packageScope } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { packageScope: string };
    const names = workspacePackages().map(({ manifest }) => manifest.name);
    expect(names.filter((name) => !name.startsWith(`${packageScope}/`))).toEqual([]);
  });

  it('is another one everywhere after a renaming, and nothing else is', () => {
    using copy = checkout({
      'package.json': '{ "packageScope": "@old" }',
      'packages/a/package.json': '{ "name": "@old/a", "exports": { "@old/source": "./src" }, "x": "@older/b" }',
      'README.md': "import '@old/a/sub'; // not gemini:old/a\n",
      'binary.gz': '\0@old/a',
    });
    expect(renameScope(copy.folder, '@new-one').toSorted()).toEqual([
      'README.md',
      'package.json',
      'packages/a/package.json',
    ]);
    const read = (file: string): string => readFileSync(join(copy.folder, file), 'utf8');
    expect(read('package.json')).toBe('{ "packageScope": "@new-one" }');
    expect(read('packages/a/package.json')).toBe(
      '{ "name": "@new-one/a", "exports": { "@new-one/source": "./src" }, "x": "@older/b" }',
    );
    expect(read('README.md')).toBe("import '@new-one/a/sub'; // not gemini:old/a\n");
  });

  it.for(['gemini', '@', '@Big', '@a/b', ''])('is not %j', (scope) => {
    using copy = checkout({ 'package.json': '{ "packageScope": "@old" }' });
    expect(() => renameScope(copy.folder, scope)).toThrow(TypeError);
  });
});
