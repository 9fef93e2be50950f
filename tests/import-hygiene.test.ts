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
const forms = ['source', 'build'] as const;

interface Finding {
  /** The changes that each module made; a module that changed nothing is not in it. */
  readonly changed: Readonly<Record<string, readonly string[]>>;
  readonly echoes: readonly string[];
}

/** Imports modules in a program of their own, which must end by itself and print nothing but its finding. */
async function probe(
  node: string,
  order: (typeof orders)[number],
  specifiers: readonly string[],
  signal: AbortSignal,
): Promise<Finding> {
  const program = join(import.meta.dirname, 'import-hygiene-probe.mjs');
  const flags = ['--conditions=@gemini/source', '--disable-warning=ExperimentalWarning'];
  const isSource = specifiers.some((specifier) => specifier.endsWith('.ts'));
  const { stdout, stderr } = await run(node, [...(isSource ? flags : []), program, order, ...specifiers], {
    cwd: import.meta.dirname,
    signal,
  });
  expect(stderr).toBe('');
  expect(stdout.trimEnd().split('\n'), 'nothing but the one line').toHaveLength(1);
  return JSON.parse(stdout) as Finding;
}

/** Entry points for test runners, which change the process in their own way when they are imported. */
const forRunners = ['./vitest'];

/** The absolute path of every other published entry point, as its source or as its build. */
function entryPoints(form: (typeof forms)[number]): string[] {
  return publishedPackages().flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports ?? {})
      .filter(([name, entry]) => typeof entry === 'object' && !forRunners.includes(name))
      .map(([, entry]) => {
        const { '@gemini/source': source = '', default: build = '' } = entry as Record<string, string>;
        return join(root, folder, form === 'source' ? source : build);
      }),
  );
}

const table = (Object.keys(nodes) as (keyof typeof nodes)[]).flatMap((node) =>
  forms.flatMap((form) => orders.map((order) => ({ node, form, order }))),
);

describe('importing every entry point', () => {
  it.concurrent.for(table)('changes nothing: its $form on $node, $order', async ({ node, form, order }, { signal }) => {
    const files = entryPoints(form);
    const missing = files.filter((file) => !existsSync(file));
    if (missing.length > 0) throw new Error(`${missing.join(', ')} is missing: run \`pnpm build\` first`);
    const specifiers = files.map((file) => pathToFileURL(file).href);
    const finding = await probe(nodes[node], order, specifiers, signal);
    expect(finding.changed).toEqual({});
    expect(finding.echoes.every((echo) => echo === 'four')).toBe(true);
  });
});

describe('the check itself', () => {
  it('notices a replaced dispatcher, and the request of the host that fails through it', async ({ signal }) => {
    const finding = await probe(nodes['the oldest Node'], 'fetch-first', ['undici'], signal);
    expect(finding.changed['undici']).toContain('globalThis.Symbol(undici.globalDispatcher.1)');
    expect(finding.echoes).toEqual(['four', expect.stringContaining('invalid content-length header')]);
  });

  it('notices a dispatcher put in place before the host made its first request', async ({ signal }) => {
    const finding = await probe(nodes["the workspace's Node"], 'import-first', ['undici'], signal);
    expect(finding.changed['undici']).toContain('undici/lib/global.js');
  });

  const module = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

  it.for([
    ['a patched prototype', 'Array.prototype.last = () => undefined', 'globalThis.Array.prototype.last'],
    ['a replaced function', 'const own = fetch; globalThis.fetch = (...all) => own(...all)', 'globalThis.fetch'],
    ['a listener', "process.on('SIGINT', () => {})", 'process.on(SIGINT)'],
    ['a variable', "process.env.TOUCHED = '1'", 'process.env.TOUCHED'],
    // Fires more often than the probe waits for a turn of the event loop, so that one is always set.
    ['a timer', 'let left = 50; const again = () => left-- > 0 && setTimeout(again, 1); again()', 'active Timeout'],
  ] as const)('notices %s', async ([, text, key], { signal }) => {
    const { changed } = await probe(process.execPath, 'fetch-first', [module(text)], signal);
    expect(changed[module(text)]).toContain(key);
  });
});
