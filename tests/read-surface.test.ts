import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSurface, type Surface } from '../scripts/api-surface.ts';

/** The surface of declaration files of these texts, of which the first is the entry. */
function surfaceOf(files: Readonly<Record<string, string>>): Surface {
  const folder = mkdtempSync(join(tmpdir(), 'surface-'));
  try {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    return readSurface(join(folder, Object.keys(files)[0] ?? ''));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

it('follows each export to its declaration, under the name that is exported', () => {
  const { exported } = surfaceOf({
    'index.d.ts': "export { make as create, type Made } from './make.ts';\nexport declare const limit = 3;\n",
    'make.d.ts':
      'import { Made } from "./made.ts";\n/** Makes one. And more. */\nexport declare function make(): Made;\nexport { Made };\n',
    'made.d.ts':
      '/** What was made: a thing. */\nexport interface Made {\n    /** Its size. */\n    readonly size: 1;\n}\n',
  });
  expect(exported).toEqual([
    {
      name: 'Made',
      kind: 'type',
      text: 'interface Made {\n    readonly size: 1;\n}',
      summary: 'What was made: a thing.',
    },
    { name: 'create', kind: 'value', text: 'function make(): Made;', summary: 'Makes one.' },
    { name: 'limit', kind: 'value', text: 'const limit = 3;', summary: '' },
  ]);
});

it('tells what exports are made of, and leaves out what they are not', () => {
  const { reachable, passedOn } = surfaceOf({
    'index.d.ts':
      "import type { Inner } from './inner.ts';\nexport type { Foreign } from 'elsewhere';\nexport interface Outer { unused: string; inner: Inner }\ninterface unused { never: 1 }\n",
    'inner.d.ts': 'export type Inner = Deep[];\ntype Deep = `${number}`;\nexport type Other = 1;\n',
  });
  expect(reachable.map(({ name }) => name)).toEqual(['Deep', 'Inner']);
  expect(passedOn).toEqual(['Foreign from elsewhere']);
});

it('has every overload of a function', () => {
  const text = 'export declare function read(a: string): 1;\nexport declare function read(a: number): 2;\n';
  const [read] = surfaceOf({ 'index.d.ts': text }).exported;
  expect(read?.text).toBe('function read(a: string): 1;\nfunction read(a: number): 2;');
});

it('refuses an entry that does not name what it exports', () => {
  expect(() => surfaceOf({ 'index.d.ts': "export * from './other.ts';\n", 'other.d.ts': '' })).toThrow(/export \*/);
});
