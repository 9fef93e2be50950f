import { build } from 'esbuild';
import { globSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Joins the modules that `tsc` wrote to `dist` of the package in the current folder: one file for each entry point that
 * is named, such as `dist/index.js`, and one for what several of them share or what is loaded late. The declarations
 * stay as they are, and so do names: nothing is minified.
 *
 * With `--check-node` each entry point first imports a file that throws on a version of Node below the package's
 * `engines`. It is a file of its own because imports run in their order, before the code of the module. The packages
 * without a dependency of ours need it; those above them get the same message.
 */
const words = process.argv.slice(2);
const entries = words.filter((word) => !word.startsWith('--'));
if (entries.length === 0) throw new Error('expected the entry points: bundle-package.ts dist/index.js …');
const target = mkdtempSync('.bundle-');
try {
  await build({
    entryPoints: entries,
    outdir: target,
    outbase: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    packages: 'external',
    logLevel: 'warning',
  });
  for (const file of globSync('dist/**/*.js')) rmSync(file);
  for (const file of globSync('**/*.js', { cwd: target })) renameSync(join(target, file), join('dist', file));
  if (words.includes('--check-node')) addCheck(entries);
} finally {
  rmSync(target, { recursive: true });
}

/** Writes the check of the Node version, and imports it first in the entry points. */
function addCheck(files: readonly string[]): void {
  const { name, engines } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly name: string;
    readonly engines: { readonly node: string };
  };
  const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(engines.node) ?? [];
  if (major === undefined || minor === undefined) throw new Error('expected engines.node as >=MAJOR.MINOR');
  writeFileSync(
    'dist/check-node.js',
    `// Other runtimes have no libuv, or name themselves.
const { node = '', uv, bun, deno } = globalThis.process?.versions ?? {};
const [major, minor] = node.split('.').map(Number);
if (uv && !bun && !deno && (major < ${major} || (major === ${major} && minor < ${minor}))) {
  throw new Error(\`${name} needs Node ${major}.${minor} or later, and this is Node \${node}\`);
}
`,
  );
  for (const file of files) {
    // After the line that makes a file executable.
    const [, start = '', code = ''] = /^(#![^\n]*\n)?(.*)$/s.exec(readFileSync(file, 'utf8')) ?? [];
    writeFileSync(file, `${start}import './check-node.js';\n${code}`);
  }
}
