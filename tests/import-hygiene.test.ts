import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { publishedPackages, root } from './workspace-packages.ts';

const run = promisify(execFile);

const nodes = {
  'the oldest Node': join(root, 'tests/node-22/node_modules/.bin/node'),
  "the workspace's Node": process.execPath,
};
const orders = ['fetch-first', 'import-first'] as const;

interface Finding {
  readonly changed: readonly string[];
  readonly echoes: readonly string[];
}

/** Imports a module in a program of its own, which must end by itself and print nothing else. */
async function probe(node: string, specifier: string, order: (typeof orders)[number]): Promise<Finding> {
  const program = join(import.meta.dirname, 'import-hygiene-probe.mjs');
  const flags = ['--conditions=@gemini/source', '--disable-warning=ExperimentalWarning'];
  const { stdout, stderr } = await run(node, [...(specifier.endsWith('.ts') ? flags : []), program, specifier, order], {
    cwd: import.meta.dirname,
    timeout: 15_000,
  });
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n'), 'nothing but the one line').toHaveLength(1);
  return JSON.parse(stdout) as Finding;
}

interface Target {
  readonly file: string;
  readonly form: 'source' | 'build';
}

/** Every published entry point, as its source and as its build. */
const targets: Target[] = publishedPackages().flatMap(({ folder, manifest }) =>
  Object.values(manifest.exports ?? {})
    .filter((entry) => typeof entry === 'object')
    .flatMap((entry) => {
      const { '@gemini/source': source = '', default: build = '' } = entry as Record<string, string>;
      return [
        { file: join(folder, source), form: 'source' },
        { file: join(folder, build), form: 'build' },
      ] as const;
    }),
);

const table = (Object.keys(nodes) as (keyof typeof nodes)[]).flatMap((node) =>
  targets.flatMap((target) => orders.map((order) => ({ ...target, node, order }))),
);

describe('importing a package', () => {
  it.concurrent.for(table)('changes nothing: $file on $node, $order', async ({ file, form, node, order }) => {
    const path = join(root, file);
    if (!existsSync(path)) {
      throw new Error(`${file} is missing${form === 'build' ? ': run `pnpm build` first' : ''}`);
    }
    const finding = await probe(nodes[node], pathToFileURL(path).href, order);
    expect(finding.changed).toEqual([]);
    expect(finding.echoes.every((echo) => echo === 'four')).toBe(true);
  });
});

describe('the check itself', () => {
  it('notices a replaced dispatcher, and the request of the host that fails through it', async () => {
    const finding = await probe(nodes['the oldest Node'], 'undici', 'fetch-first');
    expect(finding.changed).toContain('globalThis.Symbol(undici.globalDispatcher.1)');
    expect(finding.echoes).toEqual(['four', expect.stringContaining('invalid content-length header')]);
  });

  it('notices a dispatcher put in place before the host made its first request', async () => {
    const finding = await probe(nodes["the workspace's Node"], 'undici', 'import-first');
    expect(finding.changed).toContain('undici/lib/global.js');
  });

  const module = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

  it.for([
    ['a patched prototype', 'Array.prototype.last = () => undefined', 'globalThis.Array.prototype.last'],
    ['a replaced function', 'const own = fetch; globalThis.fetch = (...all) => own(...all)', 'globalThis.fetch'],
    ['a listener', "process.on('SIGINT', () => {})", 'process.on(SIGINT)'],
    ['a variable', "process.env.TOUCHED = '1'", 'process.env.TOUCHED'],
    ['a timer', 'const timer = setTimeout(() => {}, 50)', 'active resources'],
  ] as const)('notices %s', async ([, text, key]) => {
    const { changed } = await probe(process.execPath, module(text), 'fetch-first');
    expect(changed).toContain(key);
  });
});
