import { readFileSync } from 'node:fs';
import { parseAst } from 'vitest/node';

/** A node of the syntax tree, as far as names need it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** One declaration file: what it declares, imports and exports. */
export interface DeclarationModule {
  readonly file: string;
  readonly source: string;
  readonly declarations: Map<string, Node[]>;
  /** Local names by where they come from; exported ones by the name that others import. */
  readonly imports: Map<string, Origin>;
  readonly exports: Map<string, Origin & { readonly isType: boolean }>;
}

/** Where a name comes from. */
export interface Origin {
  /** Undefined: this module. */
  readonly from: string | undefined;
  readonly name: string;
}

/** Reads a declaration file. Throws for what the packages do not use: `export *`. */
export function readModule(file: string): DeclarationModule {
  const source = readFileSync(file, 'utf8');
  const module: DeclarationModule = { file, source, declarations: new Map(), imports: new Map(), exports: new Map() };
  for (const node of parseAst(source, { lang: 'dts' }).body as unknown as Node[]) readStatement(module, node);
  return module;
}

function readStatement(module: DeclarationModule, node: Node): void {
  const from = (node['source'] as { value: string } | null | undefined)?.value;
  if (node.type === 'ImportDeclaration') {
    for (const { local, imported } of node['specifiers'] as { local: Named; imported?: Named }[]) {
      module.imports.set(nameOf(local), { from, name: imported === undefined ? 'default' : nameOf(imported) });
    }
    return;
  }
  if (node.type === 'ExportAllDeclaration') throw new Error(`${module.file}: expected named exports, got export *`);
  if (node.type !== 'ExportNamedDeclaration') {
    declare(module, node);
    return;
  }
  for (const specifier of node['specifiers'] as { local: Named; exported: Named; exportKind?: string }[]) {
    const isType = node['exportKind'] === 'type' || specifier.exportKind === 'type';
    module.exports.set(nameOf(specifier.exported), { from, name: nameOf(specifier.local), isType });
  }
  const declaration = node['declaration'] as Node | null;
  if (declaration === null) return;
  for (const name of declare(module, declaration)) module.exports.set(name, { from: undefined, name, isType: false });
}

interface Named {
  readonly name?: string;
  readonly value?: string;
}

const nameOf = ({ name, value }: Named): string => name ?? value ?? '';

function declare(module: DeclarationModule, node: Node): string[] {
  const owners = node.type === 'VariableDeclaration' ? (node['declarations'] as Node[]) : [node];
  const names = owners.map((owner) => nameOf((owner['id'] as Named | null) ?? {})).filter(Boolean);
  for (const name of names) module.declarations.set(name, [...(module.declarations.get(name) ?? []), node]);
  return names;
}

/** Every name that a node refers to; those of its own fields are none. */
export function namesIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(namesIn);
  if (typeof node !== 'object' || node === null) return [];
  const { type, computed, ...fields } = node as Node;
  if (type === 'Identifier') return [nameOf(node)];
  return Object.entries(fields).flatMap(([field, value]) =>
    field === 'key' && computed !== true ? [] : namesIn(value),
  );
}
