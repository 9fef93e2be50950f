import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './workspace-packages.ts';

/** One module specifier and the file that names it; the file is relative to the root, with forward slashes. */
export interface SourceImport {
  readonly file: string;
  readonly specifier: string;
}

/** The TypeScript sources below a folder, relative to the root, with forward slashes. */
export function sourceFiles(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}

// Static, for its effects, dynamic; computed specifiers have no place in `src`.
const specifiers =
  /(?:^(?:import|export)\s[^'";]*?\bfrom\s*|^import\s*|\bimport\(\s*)(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/gm;
const comments = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

/** The imports of one source, in the order of the text. */
export function importsOf(file: string): SourceImport[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(comments, '');
  return [...text.matchAll(specifiers)].map((match) => ({ file, specifier: match.groups?.['specifier'] ?? '' }));
}

/** The files that an entry file loads through relative imports, itself included. */
export function reachableFrom(entry: string): Set<string> {
  const reached = new Set<string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const { specifier } of importsOf(file)) {
      if (specifier.startsWith('.')) waiting.push(join(dirname(file), specifier).replaceAll('\\', '/'));
    }
  }
  return reached;
}

/** The package that a bare specifier names: `undici/lib/x.js` is of `undici`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
