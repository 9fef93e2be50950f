import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './run-command.ts';

/** A Node to run programs on. */
export interface ProvidedNode {
  readonly version: string;
  readonly path: string;
}

/** Installs the latest Node of each major version from npm, each in a folder of its own. */
export async function provideNodes(majors: readonly number[], target: string): Promise<ProvidedNode[]> {
  const nodes: ProvidedNode[] = [];
  for (const major of majors) {
    const folder = join(target, `node-${major}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    await runCommand('npm', ['install', '--no-audit', '--no-fund', `node@${major}`], folder);
    const path = join(folder, 'node_modules/node/bin/node');
    nodes.push({ path, version: (await runCommand(path, ['--version'], folder)).trim() });
  }
  return nodes;
}
