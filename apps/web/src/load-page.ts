import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of the page. */
interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const folder = join(import.meta.dirname, '../page');

/** Nothing but the page's own files may run, and what a model says can be no markup. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Loads the files of the page, by their paths; the script is put into one file. */
export async function loadPage(): Promise<ReadonlyMap<string, PageFile>> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'app.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    conditions: ['@gemini/source'],
  });
  const file = (type: string, body: string | Uint8Array): PageFile => ({
    body,
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-cache',
    },
  });
  return new Map([
    ['/', file('text/html', await readFile(join(folder, 'index.html')))],
    ['/style.css', file('text/css', await readFile(join(folder, 'style.css')))],
    ['/app.js', file('text/javascript', outputFiles[0]?.contents ?? '')],
  ]);
}
