import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../proof/run-command.ts';
import { root } from '../workspace-packages.ts';
import type { LocalRegistry } from './local-registry.ts';

/** A version that was published. */
export interface Published {
  readonly name: string;
  readonly version: string;
}

/**
 * Does a release in a clone of what is committed: writes the versions and changelogs, builds, and publishes every package
 * to a registry. The clone is at `folder`. There is no provenance, which only npm's registry takes.
 */
export async function publishWorkspace(folder: string, { url, token }: LocalRegistry): Promise<Published[]> {
  await runCommand('git', ['clone', '--quiet', root, folder], root);
  const pnpm = (...words: string[]): Promise<string> => runCommand('pnpm', words, folder);
  await pnpm('install', '--frozen-lockfile', '--prefer-offline');
  await pnpm('changeset:version');
  await pnpm('install', '--no-frozen-lockfile', '--prefer-offline');
  await pnpm('build');
  await appendFile(join(folder, '.npmrc'), `@gemini:registry=${url}\n//${new URL(url).host}/:_authToken=${token}\n`);
  await pnpm('--recursive', 'publish', '--access', 'public', '--no-git-checks');
  const members = JSON.parse(await pnpm('--recursive', 'list', '--depth=-1', '--json')) as readonly Member[];
  const published = members.filter((member) => member.private !== true && member.name?.startsWith('@gemini/'));
  return Promise.all(
    published.map(async ({ name = '', version = '' }) => {
      const response = await fetch(`${url}${name.replace('/', '%2f')}`);
      const { 'dist-tags': tags } = (await response.json()) as { 'dist-tags'?: { latest?: string } };
      if (tags?.latest !== version) throw new Error(`${name} ${version} was not published, but ${tags?.latest}`);
      return { name, version };
    }),
  );
}

/** A member of the workspace, as `pnpm list` prints it. */
interface Member {
  readonly name?: string;
  readonly version?: string;
  readonly private?: boolean;
}
