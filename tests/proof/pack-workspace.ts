import { readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { publishedPackages, root, type WorkspacePackage } from '../workspace-packages.ts';
import { runCommand } from './run-command.ts';

/** A package as it would be published. */
export interface PackedPackage {
  readonly name: string;
  readonly tarball: string;
  /** Its folder in the checkout, without the parent: `client`. */
  readonly label: string;
  /** Its tarball and those of our packages that it needs. */
  readonly tarballs: readonly string[];
  /** Its entry points. */
  readonly entries: readonly string[];
}

/** Packs every published package of the checkout, which must have been built. */
export async function packWorkspace(target: string): Promise<PackedPackage[]> {
  const members = publishedPackages();
  const tarballs = new Map<string, string>();
  for (const { folder, manifest } of members) {
    const destination = join(target, folder.replace('/', '-'));
    await mkdir(destination, { recursive: true });
    await runCommand('pnpm', ['pack', '--pack-destination', destination], join(root, folder));
    tarballs.set(manifest.name, join(destination, readdirSync(destination).join()));
  }
  const needed = (name: string): Set<string> => {
    const { manifest } = members.find((member) => member.manifest.name === name) as WorkspacePackage;
    const own = Object.keys(manifest.dependencies ?? {}).filter((dependency) => tarballs.has(dependency));
    return new Set([name, ...own.flatMap((dependency) => [...needed(dependency)])]);
  };
  return members.map(({ folder, manifest }) => ({
    name: manifest.name,
    label: folder.split('/').at(-1) ?? '',
    tarball: tarballs.get(manifest.name) ?? '',
    tarballs: [...needed(manifest.name)].map((name) => tarballs.get(name) ?? ''),
    entries: Object.entries(manifest.exports ?? {}).flatMap(([path, entry]) =>
      typeof entry === 'object' ? [join(manifest.name, path)] : [],
    ),
  }));
}
