import { build } from 'esbuild';
import { globSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Joins the modules that `tsc` wrote to `dist` of the package in the current folder: one file for each entry point that
 * is named, such as `dist/index.js`, and one for what several of them share or what is loaded late. The declarations
 * stay as they are, and so do names: nothing is minified.
 */
const entries = process.argv.slice(2);
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
    charset: 'utf8',
    logLevel: 'warning',
  });
  for (const file of globSync('dist/**/*.js')) rmSync(file);
  for (const file of globSync('**/*.js', { cwd: target })) renameSync(join(target, file), join('dist', file));
} finally {
  rmSync(target, { recursive: true });
}
