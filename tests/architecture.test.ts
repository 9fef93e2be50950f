import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './workspace-packages.ts';

/** One row of a walk: a function, and the file below `packages/` that defines it. */
interface Step {
  readonly file: string;
  /** `name` or `Class.method`. */
  readonly name: string;
  /** The files of the same package that the function uses. */
  readonly helpers: readonly string[];
}

const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

/** Each section with a table whose columns are the function, its file and what it does. */
const walks = page
  .split(/^## /m)
  .map((section) => section.split('\n'))
  .map((lines) =>
    lines.flatMap((line): Step[] => {
      const [, name, file, text = ''] = /^\| `([^`]+)` +\| `([^`]+)` +\|(.*)/.exec(line) ?? [];
      if (name === undefined || file === undefined) return [];
      const source = file.slice(0, file.indexOf('/src/') + '/src/'.length);
      const helpers = [...text.matchAll(/`([\w/-]+\.ts)`/g)].map(([, helper = '']) => source + helper);
      return [{ file, name, helpers }];
    }),
  )
  .filter((steps) => steps.length > 0);

/** Whether a source defines a function, or a class with a method of its own. */
function defines(source: string, name: string): boolean {
  const [owner, method] = name.split('.');
  if (method === undefined) return new RegExp(`^(?:export )?(?:async )?function\\*? ${owner}\\b`, 'm').test(source);
  const [, body = ''] = new RegExp(`^(?:export )?(?:abstract )?class ${owner}\\b(.*?)^}`, 'ms').exec(source) ?? [];
  const words = '(?:static |readonly |override |async |get |\\*)*';
  return new RegExp(`^  ${words}${method}(?:<[^(]*>)?(?:\\(| = (?:async )?\\()`, 'm').test(body);
}

it('The page has three walks, and the walk of a chunk has at most 16 functions in 30 files', () => {
  expect(walks).toHaveLength(3);
  const [chunk = []] = walks;
  expect(chunk.length).toBeLessThanOrEqual(16);
  expect(new Set(chunk.flatMap(({ file, helpers }) => [file, ...helpers])).size).toBeLessThanOrEqual(30);
});

describe('A function that the page names', () => {
  it.for(walks.flat())('$name is defined in $file', ({ file, name, helpers }) => {
    expect([file, ...helpers].filter((each) => !existsSync(join(root, 'packages', each)))).toEqual([]);
    expect(defines(readFileSync(join(root, 'packages', file), 'utf8'), name)).toBe(true);
  });
});

it.for<[name: string, isDefined: boolean]>([
  ['count', true],
  ['Reader.read', true],
  ['Reader.#parse', true],
  ['Reader.onData', true],
  ['Reader.open', true],
  ['Reader.other', false],
  ['Reader.count', false],
  ['Other.read', false],
  ['Other.other', true],
  ['read', false],
])('The check knows whether a source defines %s', ([name, isDefined]) => {
  const source = `export class Reader implements Reading {
  readonly onData = (chunk: Uint8Array): void => this.read(chunk);
  static async open(): Promise<void> {}
  read<Chunk>(chunk: Chunk): void {
    other(chunk);
  }
  #parse(): void {}
}
class Other {
  other(): void {}
}
export function count(): number {
  return 0;
}
`;
  expect(defines(source, name)).toBe(isDefined);
});
