import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/** Pretends to be another version of Node, before anything is imported. */
function pretending(version: string, code: string): { stdout: string; stderr: string; status: number | null } {
  const versions = `{ ...process.versions, node: '${version}' }`;
  const pretend = `Object.defineProperty(process, 'versions', { value: ${versions} });`;
  const flags = [
    '--import',
    `data:text/javascript,${encodeURIComponent(pretend)}`,
    '--input-type=module',
    '--eval',
    code,
  ];
  return spawnSync(process.execPath, flags, { cwd: join(root, 'tests'), encoding: 'utf8' });
}

// The parser and the browser's package run anywhere, and the page's side of the AI SDK's package too.
const entries = publishedPackages()
  .filter(({ manifest }) => manifest.engines !== undefined)
  .flatMap(({ folder, manifest }) =>
    Object.entries(manifest.publishConfig?.exports ?? {})
      .filter(([entry, target]) => typeof target === 'object' && entry !== './transport' && entry !== './unsupported')
      .map(([entry, target]) => ({
        entry: join(manifest.name, entry),
        file: join(root, folder, (target as { default: string }).default),
      })),
  );

it.for(entries)('$entry refuses an older Node by name', ({ file }) => {
  const { stderr, status } = pretending('22.18.0', `await import(${JSON.stringify(file)})`);
  expect(stderr).toMatch(/^Error: @gemini\/[a-z-]+ needs Node 22\.19 or later, and this is Node 22\.18\.0$/m);
  expect(status).toBe(1);
});

it.for(['22.19.0', '24.0.0', '30.1.0'])('the check lets Node %s pass', (version) => {
  const file = join(root, 'packages/http-streaming/dist/check-node.js');
  expect(pretending(version, `await import(${JSON.stringify(file)})`)).toMatchObject({ stderr: '', status: 0 });
});

it('the check leaves runtimes that are no Node alone', () => {
  const file = join(root, 'packages/http-streaming/dist/check-node.js');
  for (const own of ["bun: '1'", "deno: '2'", 'uv: undefined']) {
    const versions = `{ ...process.versions, node: '20.0.0', ${own} }`;
    const code = `Object.defineProperty(process, 'versions', { value: ${versions} }); await import(${JSON.stringify(file)})`;
    expect(pretending('24.0.0', code)).toMatchObject({ stderr: '', status: 0 });
  }
});

it('the commands refuse an older Node in one line', () => {
  for (const [name, bin] of [
    ['gemini-stream', 'apps/cli/bin/gemini-stream.js'],
    ['gemini-emulator', 'packages/emulator/bin/gemini-emulator.js'],
  ] as const) {
    const { stderr, status } = pretending('20.20.2', `await import(${JSON.stringify(join(root, bin))})`);
    expect(stderr).toMatch(
      new RegExp(`^${name}: @gemini/\\w+ needs Node 22\\.19 or later, and this is Node 20\\.20\\.2\n$`),
    );
    expect(status).toBe(1);
  }
});

// A named import that is missing ends the program before the check runs.
it('no build imports by name what a Node that still gets the message does not have', () => {
  const newer = /\b(?:createZstd\w+|zstd\w+|enableCompileCache|registerHooks|globSync|createBrotliZstd)\b/;
  for (const { entry, file } of entries) {
    const imports = readFileSync(file, 'utf8').match(/^import [^;]*? from "node:[^"]+"/gm) ?? [];
    expect({ entry, found: imports.filter((line) => newer.test(line)) }).toEqual({ entry, found: [] });
  }
});
