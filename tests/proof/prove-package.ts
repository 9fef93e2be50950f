import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { root } from '../workspace-packages.ts';
import type { PackedPackage } from './pack-workspace.ts';
import type { ProvidedNode } from './provide-nodes.ts';
import { runCommand } from './run-command.ts';

/** One cell of the matrix: `undefined` where it held, else what was wrong. */
export type Proof = readonly [what: string, failure: string | undefined];

/** The output of each program on success. */
const expected = 'it works\n';

/** The peers that the declarations of a package name. */
const neededByTypes: Readonly<Record<string, readonly string[]>> = {
  'ai-sdk': ['ai@^7.0.0'],
  browser: ['react@^19.0.0', '@types/react@^19.0.0'],
};

const tsc = join(root, 'node_modules/typescript/bin/tsc');
const compilerOptions = { target: 'ES2024', lib: ['ES2024', 'ESNext.Disposable'], strict: true, types: ['node'] };

/**
 * Installs a package, with what it needs, in an empty project, and has a program use it: in JavaScript and in
 * TypeScript as Node resolves modules, on each Node; and in TypeScript as bundlers resolve them, which has no run of
 * its own. Declarations are checked too (`skipLibCheck` is off), but for packages whose peers they name.
 */
export async function provePackage(
  { label, tarballs, entries }: PackedPackage,
  nodes: readonly ProvidedNode[],
  target: string,
  emulatorUrl: string,
): Promise<Proof[]> {
  const folder = join(target, `project-${label}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const types = join(root, 'node_modules/@types/node');
  const peers = neededByTypes[label] ?? [];
  if (peers.length > 0)
    await runCommand('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...peers], folder);
  await runCommand('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs], folder);
  await runCommand('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--install-links', types], folder);

  const program = await readFile(join(import.meta.dirname, 'programs', `${label}.ts`), 'utf8');
  const everything = entries.map((entry, index) => `export type * as entry${index} from '${entry}';`).join('\n');
  await writeFile(join(folder, 'plain.js'), stripTypeScriptTypes(program));
  await writeFile(join(folder, 'typed.ts'), `${program}\n${everything}\n`);
  // The declarations of `ai` name types of the browser, and do not compile by themselves.
  const ownOptions =
    peers.length > 0 ? { lib: [...compilerOptions.lib, 'DOM', 'DOM.Iterable'], skipLibCheck: true } : {};
  for (const [file, options] of [
    ['nodenext.json', { module: 'NodeNext', moduleResolution: 'NodeNext', outDir: 'out' }],
    ['bundler.json', { module: 'ESNext', moduleResolution: 'Bundler', noEmit: true }],
  ] as const) {
    const configuration = { compilerOptions: { ...compilerOptions, ...options, ...ownOptions }, files: ['typed.ts'] };
    await writeFile(join(folder, file), JSON.stringify(configuration));
  }

  const proofs: Proof[] = [];
  const prove = async (what: string, run: () => Promise<string>, output = expected): Promise<void> => {
    const failure = await run().then(
      (printed) => (printed === output ? undefined : `printed ${JSON.stringify(printed)}`),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    proofs.push([what, failure]);
  };
  const environment = { PATH: process.env['PATH'], EMULATOR_URL: emulatorUrl };
  await prove('types, nodenext', () => runCommand(process.execPath, [tsc, '-p', 'nodenext.json'], folder), '');
  await prove('types, bundler', () => runCommand(process.execPath, [tsc, '-p', 'bundler.json'], folder), '');
  for (const { version, path } of nodes) {
    await prove(`JS ${version}`, () => runCommand(path, ['plain.js'], folder, environment));
    await prove(`TS ${version}`, () => runCommand(path, ['out/typed.js'], folder, environment));
  }
  return proofs;
}
