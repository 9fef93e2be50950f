import { dirname, join } from 'node:path';
import { type DeclarationModule, namesIn, type Node, readModule } from './declaration-module.ts';

/** A declaration that somebody outside can see, by being exported or by being part of what is. */
export interface Declaration {
  readonly name: string;
  /** Its text, without comments and without `export` and `declare`; overloads one below the other. */
  readonly text: string;
  /** The first sentence of its docstring; empty where there is none. */
  readonly summary: string;
}

/** What one entry point exports. */
export interface Surface {
  readonly exported: readonly (Declaration & { readonly kind: 'value' | 'type' })[];
  /** What another package declares and this one exports too, as `name from package`. */
  readonly passedOn: readonly string[];
  /** What the exports are made of without being exported themselves. */
  readonly reachable: readonly Declaration[];
}

interface Found {
  readonly module: DeclarationModule;
  readonly name: string;
  readonly nodes: readonly Node[];
}

/** Reads what an entry's declaration file exports, through every file of its package that it names. */
export function readSurface(entry: string): Surface {
  const modules = new Map<string, DeclarationModule>();
  const load = (file: string): DeclarationModule => {
    const known = modules.get(file);
    if (known !== undefined) return known;
    const module = readModule(file);
    modules.set(file, module);
    return module;
  };
  /** Follows a name to its declaration; a text for one that another package declares; undefined for one of nobody here. */
  const find = (module: DeclarationModule, name: string, isExport: boolean): Found | string | undefined => {
    const origin = isExport ? module.exports.get(name) : module.imports.get(name);
    if (origin?.from?.startsWith('.')) return find(load(declarationsOf(module, origin.from)), origin.name, true);
    if (origin?.from !== undefined) return `${origin.name} from ${origin.from}`;
    const local = origin?.name ?? name;
    const nodes = module.declarations.get(local);
    if (nodes !== undefined) return { module, name: local, nodes };
    return isExport && module.imports.has(local) ? find(module, local, false) : undefined;
  };

  const root = load(entry);
  const exported: (Declaration & { kind: 'value' | 'type' })[] = [];
  const passedOn: string[] = [];
  const reached = new Set<string>();
  const waiting: Found[] = [];
  for (const [name, { isType }] of root.exports) {
    const found = find(root, name, true);
    if (found === undefined) throw new Error(`${entry}: nothing declares ${name}`);
    if (typeof found === 'string') {
      passedOn.push(found);
      continue;
    }
    reached.add(keyOf(found));
    waiting.push(found);
    const kind = isType || found.nodes.every(({ type }) => typesOnly.has(type)) ? 'type' : 'value';
    exported.push({ ...describe(found), name, kind });
  }
  const reachable: Declaration[] = [];
  for (let found = waiting.pop(); found !== undefined; found = waiting.pop()) {
    for (const name of found.nodes.flatMap(namesIn)) {
      const next = find(found.module, name, false);
      if (next === undefined || typeof next === 'string' || reached.has(keyOf(next))) continue;
      reached.add(keyOf(next));
      waiting.push(next);
      reachable.push(describe(next));
    }
  }
  const byName = (one: Declaration, other: Declaration): number => compare(one.name, other.name);
  return {
    exported: exported.toSorted(byName),
    passedOn: passedOn.toSorted(),
    reachable: reachable.toSorted((one, other) => byName(one, other) || compare(one.text, other.text)),
  };
}

// A build's declarations name each other as their sources do.
const declarationsOf = (module: DeclarationModule, specifier: string): string =>
  join(dirname(module.file), specifier.replace(/\.[jt]s$/, '.d.ts'));

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const typesOnly = new Set(['TSInterfaceDeclaration', 'TSTypeAliasDeclaration']);
const keyOf = ({ module, name }: Found): string => `${module.file} ${name}`;

function describe({ module, name, nodes }: Found): Declaration {
  const texts = nodes.map(({ start, end }) => withoutComments(module.source.slice(start, end)));
  return { name, text: texts.join('\n'), summary: summaryBefore(module.source, nodes[0]?.start ?? 0) };
}

function withoutComments(text: string): string {
  const bare = text.replaceAll(/^[ \t]*\/\*\*[\s\S]*?\*\/\n?|^[ \t]*\/\/.*$/gm, '');
  return bare.replace(/^(?:export )?(?:default )?(?:declare )?/, '').replaceAll(/\n{2,}/g, '\n');
}

function summaryBefore(source: string, start: number): string {
  const comment =
    /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export )?(?:declare )?$/.exec(source.slice(0, start))?.[1] ?? '';
  const text = comment.replaceAll(/^\s*\* ?/gm, '').trim();
  return (/^[\s\S]*?[.?!](?=\s|$)/.exec(text)?.[0] ?? text)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\{@link (\S+)\}/g, '`$1`');
}
