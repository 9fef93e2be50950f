import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Goal } from '../measure/goal.ts';
import { formatNumber, printTable } from '../measure/print-table.ts';

const sizeOf = (path: string): number => {
  const info = statSync(path);
  if (!info.isDirectory()) return info.size;
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
};

const folderOf = (name: string, from: string): string => {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    if (existsSync(path)) return realpathSync(path);
    if (folder === dirname(folder)) throw new Error(`${name} is not installed under ${from}.`);
  }
};

interface Manifest {
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The installed size of a package: the published package and all its dependencies, each once. */
const installed = (name: string, from: string, seen: Map<string, number>): Map<string, number> => {
  const folder = folderOf(name, from);
  if (seen.has(folder)) return seen;
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  // Of our own packages only what they publish is there after an install.
  const files = name.startsWith('@gemini/') ? [...(manifest.files ?? []), 'package.json', 'README.md'] : [''];
  const present = files.map((file) => join(folder, file)).filter((path) => existsSync(path));
  seen.set(
    folder,
    present.reduce((sum, path) => sum + sizeOf(path), 0),
  );
  for (const dependency of Object.keys(manifest.dependencies ?? {})) installed(dependency, folder, seen);
  return seen;
};

/** Megabytes on the disk after an install. Needs the built packages. */
export const measureSize = (): Goal[] => {
  const megabytes = (name: string): number =>
    [...installed(name, import.meta.dirname, new Map()).values()].reduce((sum, size) => sum + size, 0) / 1e6;
  const ours = megabytes('@gemini/client');
  const peer = { name: '@google/genai', measured: megabytes('@google/genai') };
  const rows = [['@gemini/client', ours] as const, [peer.name, peer.measured] as const];
  printTable(
    'Installed, with all dependencies',
    ['package', 'MB'],
    rows.map(([name, size]) => [name, formatNumber(size)]),
  );
  return [{ what: 'installed size, MB', measured: ours, most: 9.5, peer }];
};
