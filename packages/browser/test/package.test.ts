import { useGeminiStream } from '@gemini/browser/react';
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));

/** The modules and the size of an entry point as a page loads it, React aside. */
async function bundle(entry: string): Promise<{ readonly modules: string; readonly bytes: number }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${folder}src/${entry}`],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@gemini/source'],
    external: ['react'],
  });
  return {
    modules: Object.keys(metafile.inputs).join('\n'),
    bytes: gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length,
  };
}

it('The bundle has nothing of Node and none of the other packages, within 6 KiB minified and gzipped', async () => {
  const { bytes, modules } = await bundle('index.ts');
  expect(modules).not.toMatch(/node_modules|packages\/(?!browser)/);
  expect(bytes).toBeLessThanOrEqual(6 * 1_024);
});

it('The hook renders on a server without a request', () => {
  const Answer = ({ url }: { url: string | null }) => {
    const { status, text } = useGeminiStream(url);
    return createElement('p', null, status, text);
  };
  expect(renderToString(createElement(Answer, { url: '/stream' }))).toBe('<p>connecting</p>');
  expect(renderToString(createElement(Answer, { url: null }))).toBe('<p>idle</p>');
});
