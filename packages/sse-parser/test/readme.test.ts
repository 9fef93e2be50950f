import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { readmeExamples, runExample } from '../../../scripts/readme-examples.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = `${folder}README.md`;
const examples = readmeExamples(readme);

const outputs = [
  'greeting hello\n{ pending: false }\none\ntwo\n',
  String.raw`"event: tick\nid: 7\ndata: two\ndata: lines\n\n"` +
    '\n' +
    String.raw`": still here\nretry: 2000\n\n"` +
    '\n',
  '{ splits: 820, difference: undefined }\n',
];

describe('the README', () => {
  it.for(outputs.map((stdout, index) => [index, stdout] as const))(
    'example %i prints the expected output',
    async ([at, stdout]) => {
      const run = await runExample(examples[at]?.code ?? '', folder);
      expect(run).toEqual({ stdout, stderr: '', exitCode: 0 });
    },
  );

  it('every example in the README is run', () => {
    expect(examples).toHaveLength(outputs.length);
  });

  it('the README states the size of the minified package', async () => {
    expect(readFileSync(readme, 'utf8')).toContain(`${kilobytes(await bundle(index))} KB minified`);
  });

  it('and of the parser alone: a bundler drops the rest, also from one file', async () => {
    const url = `data:text/javascript,${encodeURIComponent(await bundle(index))}`;
    const parser = await bundle(`export { createSseParser } from ${JSON.stringify(url)};`);
    expect(parser).not.toContain('TransformStream');
    expect(readFileSync(readme, 'utf8')).toContain(`\`createSseParser\` alone is ${kilobytes(parser)} KB`);
  });
});

const index = `export * from ${JSON.stringify(`${folder}src/index.ts`)};`;

/** Returns a program as one minified file, without the dependency. */
async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    external: ['eventsource-parser'],
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

function kilobytes(code: string): string {
  return (Buffer.byteLength(code) / 1000).toFixed(1);
}
