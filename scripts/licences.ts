import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { publishedPackages, root } from '../tests/workspace-packages.ts';

interface Dependency {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly homepage?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Where an installed package is, looked for from a folder upwards, as Node does. */
function installed(name: string, from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
    if (folder === dirname(folder)) throw new Error(`${name} is not installed for ${from}`);
  }
}

/** Everything that installing one of our packages brings along, by name, with our own left out. */
function dependenciesOf(folder: string, own: ReadonlySet<string>, found = new Map<string, Dependency>()) {
  const { dependencies = {} } = readManifest(folder);
  for (const name of Object.keys(dependencies)) {
    const place = installed(name, folder);
    const manifest = readManifest(place);
    const key = `${manifest.name}@${manifest.version}`;
    if (found.has(key)) continue;
    if (!own.has(name)) found.set(key, manifest);
    dependenciesOf(place, own, found);
  }
  return found;
}

const readManifest = (folder: string): Dependency =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Dependency;

/** `docs/licences.md`: what each published package brings along, from what is installed here. */
export function licencesPage(): string {
  const own = new Set(publishedPackages().map(({ manifest }) => manifest.name));
  const sections = publishedPackages().map(({ folder, manifest }) => {
    const found = [...dependenciesOf(realpathSync(join(root, folder)), own).values()];
    const rows = found
      .toSorted((one, other) => (one.name < other.name ? -1 : 1))
      .map(({ name, license }) => `| [${name}](https://www.npmjs.com/package/${name}) | ${license ?? 'unknown'} |`);
    const table = rows.length === 0 ? ['Nothing.'] : ['| package | licence |', '| --- | --- |', ...rows];
    return [`## \`${manifest.name}\``, '', ...table].join('\n');
  });
  const intro = `# What comes along, and under which licence

Everything that installing a package brings into a program besides our own packages, which are Apache-2.0. Written by
\`pnpm licences:update\`. Optional peers, which only those install who ask for what needs them, are not in it.`;
  return `${[intro, ...sections].join('\n\n')}\n`;
}

if (import.meta.main) writeFileSync(join(root, 'docs/licences.md'), licencesPage());
