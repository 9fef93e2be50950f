import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sourceFiles } from './source-imports.ts';
import { publishedPackages, root } from './workspace-packages.ts';

/** Strips the types of each file that is named and compiles the rest, without running it. */
const program = `
  const { readFileSync } = require('node:fs');
  const { stripTypeScriptTypes } = require('node:module');
  const { SourceTextModule } = require('node:vm');
  const refused = process.argv.slice(1).flatMap((file) => {
    try {
      new SourceTextModule(stripTypeScriptTypes(readFileSync(file, 'utf8')), { identifier: file });
      return [];
    } catch (error) {
      return [file + ': ' + error.message];
    }
  });
  process.stdout.write(JSON.stringify(refused));
`;

// Types are erased and nothing else is changed when a source is run as it stands, so `using` is not for `src`.
it('every source is syntax that the oldest supported Node runs', () => {
  const files = publishedPackages().flatMap(({ folder }) => sourceFiles(`${folder}/src`));
  const flags = ['--no-warnings', '--experimental-vm-modules', '--eval', program, '--'];
  const { stdout, stderr } = spawnSync(join(root, 'tests/node-22/node_modules/.bin/node'), [...flags, ...files], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([]);
});
