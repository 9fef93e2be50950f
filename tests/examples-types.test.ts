import { execFile } from 'node:child_process';
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { moduleExamples, readmeExamples, serverExamples } from '../scripts/readme-examples.ts';
import { root } from './workspace-packages.ts';

const pages = ['README.md', ...globSync(['packages/*/README.md', 'apps/*/README.md', 'docs/*.md'], { cwd: root })];

/** A compiler and the libraries of a reader's project. */
interface ReaderSetup {
  readonly name: string;
  readonly compiler: string;
  readonly lib: readonly string[];
}

const dom = ['DOM', 'DOM.Iterable'];
const setups: readonly ReaderSetup[] = [
  { name: 'TypeScript 7 without dom', compiler: 'typescript', lib: [] },
  { name: 'TypeScript 7 with dom', compiler: 'typescript', lib: dom },
  { name: 'TypeScript 5.9 with dom', compiler: 'typescript-5', lib: dom },
  // The older compiler takes three times as long.
  ...(process.env['EVERY_CASE'] === undefined
    ? []
    : [{ name: 'TypeScript 5.9 without dom', compiler: 'typescript-5', lib: [] }]),
];

/**
 * Checks the types of every example as a reader's project does: against the built declarations, since only our own
 * configuration reads the sources. Returns the errors, with the page and the line of each example.
 */
async function errorsOf({ compiler, lib, name }: ReaderSetup): Promise<string> {
  // Below `tests`, which depends on all packages.
  const folder = join(root, 'tests/node_modules/.cache/examples', name.replaceAll(' ', '-'));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const files = pages.flatMap((page) => {
    const path = join(root, page);
    const modules = moduleExamples(path);
    return [...readmeExamples(path), ...serverExamples(path), ...modules].map((example) => {
      // A folder for each page: its servers import its modules by their names.
      const pageFolder = page.replaceAll(/[/.]/g, '-');
      mkdirSync(join(folder, pageFolder), { recursive: true });
      const file = join(
        pageFolder,
        modules.some((module) => module.line === example.line) ? `${example.name}` : `line-${example.line}.ts`,
      );
      writeFileSync(join(folder, file), `${example.code}\nexport {};\n`);
      return file;
    });
  });
  expect(files.length).toBeGreaterThan(40);
  const compilerOptions = {
    module: 'nodenext',
    allowImportingTsExtensions: true,
    target: 'es2024',
    lib: ['ES2024', 'ESNext.Disposable', ...lib],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = join(root, compiler === 'typescript' ? '' : 'tests', 'node_modules', compiler, 'bin/tsc');
  return promisify(execFile)(process.execPath, [tsc, '-p', folder], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { stdout?: string }).stdout || String(error),
  );
}

it.for(setups)('every example of the documentation compiles in a project with $name', async (setup) => {
  expect(await errorsOf(setup)).toBe('');
});
