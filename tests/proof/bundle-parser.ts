import { createRequire } from 'node:module';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { root } from '../workspace-packages.ts';

/** The parser as a browser would load it, in bytes. */
export interface BundleSize {
  readonly minifiedBytes: number;
  readonly gzippedBytes: number;
}

interface Esbuild {
  build(options: object): Promise<{ readonly outputFiles: readonly { readonly contents: Uint8Array }[] }>;
}

/**
 * Bundles the installed parser for the browser, with its dependency, and parses with the bundle where there is nothing
 * but the language and `TextDecoder`. Rejects when it needs more than that.
 */
export async function bundleParser(project: string): Promise<BundleSize> {
  const esbuild = createRequire(join(root, 'packages/sse-parser/package.json'))('esbuild') as Esbuild;
  const { outputFiles } = await esbuild.build({
    stdin: { contents: "export { createSseParser } from '@gemini/sse-parser';", resolveDir: project },
    bundle: true,
    minify: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'parser',
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  const program = `${Buffer.from(code).toString()}
    const seen = [];
    parser.createSseParser({ onEvent: ({ data }) => seen.push(data) }).push('data: it works\\n\\n');
    seen.join();`;
  const said: unknown = runInNewContext(program, { TextDecoder });
  if (said !== 'it works') throw new Error(`the bundle said ${String(said)}`);
  return { minifiedBytes: code.byteLength, gzippedBytes: gzipSync(code).byteLength };
}
