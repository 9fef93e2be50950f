import { createEmulator } from '@gemini/emulator';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runExample } from '../scripts/readme-examples.ts';
import { root } from './workspace-packages.ts';

const page = readFileSync(join(root, 'docs/moving-from-genai.md'), 'utf8');
const blocks = [...page.matchAll(/^```ts( genai)?( types)?\n(.*?)^```$/gms)].map((match) => ({
  line: page.slice(0, match.index).split('\n').length + 1,
  isGenai: match[1] !== undefined,
  isOnlyCompiled: match[2] !== undefined,
  code: match[3] ?? '',
}));
const pairs = blocks.flatMap((theirs, index) => {
  const ours = blocks[index + 1];
  return theirs.isGenai && ours !== undefined ? [{ line: theirs.line, theirs, ours }] : [];
});

describe('a program, before and after', () => {
  it('is shown in pairs', () => {
    expect(pairs).toHaveLength(blocks.length / 2);
    expect(pairs.every(({ ours }) => !ours.isGenai)).toBe(true);
  });

  it.for(pairs.filter(({ theirs }) => !theirs.isOnlyCompiled))(
    'prints the same: line $line',
    async ({ theirs, ours }) => {
      // Each its own server: an answer may depend on what was asked before.
      const run = async (code: string) => {
        await using emulator = await createEmulator();
        const env = { GEMINI_BASE_URL: emulator.url, GOOGLE_GEMINI_BASE_URL: emulator.url, GOOGLE_API_KEY: 'any-key' };
        return await runExample(code, join(root, 'tests'), env);
      };
      const [before, after] = await Promise.all([run(theirs.code), run(ours.code)]);
      expect(before).toMatchObject({ stderr: '', exitCode: 0 });
      expect(before.stdout.trim()).not.toBe('');
      expect(after).toEqual(before);
    },
  );

  it('compiles', () => {
    // Where its imports are found, and nobody else looks.
    const folder = mkdtempSync(join(root, 'tests/node_modules/.moving-from-genai-'));
    try {
      const files = blocks.map(({ line, code }) => {
        writeFileSync(join(folder, `line-${line}.ts`), code);
        return `line-${line}.ts`;
      });
      const compilerOptions = { types: ['node'], typeRoots: [join(root, 'node_modules/@types')] };
      const config = { extends: join(root, 'tsconfig.base.json'), compilerOptions, files };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      expect(spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' }).stdout).toBe('');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
