import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedPackages, root, type WorkspacePackage } from '../tests/workspace-packages.ts';
import { readSurface } from './api-surface.ts';

/** One entry point of a package, and the file in `api/` that tells what it exports. */
export interface ApiEntry {
  /** What is imported: `@gemini/stream-manager/sse`. */
  readonly specifier: string;
  /** The package's folder, relative to the root. */
  readonly folder: string;
  /** The declaration file of its build, absolute. */
  readonly declarations: string;
  /** The report's file name. */
  readonly report: string;
}

/** Every entry point that can be imported. */
export function apiEntries(): ApiEntry[] {
  return publishedPackages().flatMap(entriesOf);
}

function entriesOf({ folder, manifest }: WorkspacePackage): ApiEntry[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([path, entry]) => {
    if (typeof entry !== 'object' || entry === null) return [];
    const specifier = join(manifest.name, path);
    const declarations = join(root, folder, (entry as { types: string }).types);
    return [
      { specifier, folder, declarations, report: `${specifier.replace(/^@[^/]*\//, '').replace('/', '.')}.d.ts` },
    ];
  });
}

/** What an entry exports, as text that changes only when the surface does: names in order, comments left out. */
export function apiReport({ specifier, declarations }: ApiEntry): string {
  const { exported, passedOn, reachable } = readSurface(declarations);
  const parts = [
    `// What ${specifier} exports. Written by \`pnpm api:update\`: a change of this file is a change of the surface.`,
    ...passedOn.map((each) => `// Passed on: ${each}`),
    ...exported.map(({ text, kind }) => `export ${kind === 'value' ? 'declare ' : ''}${text}`),
    ...(reachable.length > 0 ? ['// Not exported, but part of what is:', ...reachable.map(({ text }) => text)] : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** `docs/exports.md`: every exported name, and the first sentence of its docstring. */
export function exportsPage(entries: readonly ApiEntry[]): string {
  const sections = entries.map(({ specifier, folder, declarations }) => {
    const rows = readSurface(declarations).exported.map(
      ({ name, kind, summary }) => `| \`${name}\` | ${kind} | ${summary.replaceAll('|', '\\|')} |`,
    );
    const head = [
      `## \`${specifier}\``,
      '',
      `[Its README](../${folder}/README.md)`,
      '',
      '| name | | |',
      '| --- | --- | --- |',
    ];
    return [...head, ...rows].join('\n');
  });
  const intro = `# Everything that is exported

Each name with the first sentence of its documentation, written by \`pnpm api:update\`; your editor shows the rest. The folder
[api](../api) has the declarations themselves. How things are used together is in the packages' READMEs and in the other
pages here, and [small parts](small-parts.md) shows what is in none of them.`;
  return `${[intro, ...sections].join('\n\n')}\n`;
}

if (import.meta.main) {
  const folder = join(root, 'api');
  const entries = apiEntries();
  for (const file of readdirSync(folder)) rmSync(join(folder, file));
  for (const entry of entries) writeFileSync(join(folder, entry.report), apiReport(entry));
  writeFileSync(join(root, 'docs/exports.md'), exportsPage(entries));
  process.stdout.write(`${entries.length} reports in api/, and docs/exports.md\n`);
}
