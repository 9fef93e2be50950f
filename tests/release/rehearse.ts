import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startRedis } from '../interop/redis/redis-server.ts';
import type { Proof } from '../proof/prove-package.ts';
import { publishedPackages } from '../workspace-packages.ts';
import { startRegistry } from './local-registry.ts';
import { proveInstalled } from './prove-installed.ts';
import { publishWorkspace } from './publish-workspace.ts';
import { provideRuntimes } from './runtimes.ts';

/** Settings of a rehearsal. */
export interface RehearsalOptions {
  /** The folders of the packages to install, without their parents. @defaultValue all */
  readonly chosen?: readonly string[] | undefined;
  readonly print: (line: string) => void;
}

/**
 * Publishes what is committed to a registry on this machine, and installs and runs each package on each runtime. Returns a
 * proof for each of them. `target` is a folder for everything that is made on the way.
 */
export async function rehearse(
  target: string,
  { chosen = [], print }: RehearsalOptions,
): Promise<Map<string, Proof[]>> {
  await mkdir(target, { recursive: true });
  await using registry = await startRegistry(join(target, 'registry'));
  const published = await publishWorkspace(join(target, 'workspace'), registry);
  print(published.map(({ name, version }) => `published ${name} ${version}`).join('\n'));
  const runtimes = await provideRuntimes(target);
  await using redis = await startRedis();
  const settings = { registry, target, redisUrl: `redis://127.0.0.1:${redis.port}` };
  const subjects = new Map<string, Proof[]>();
  for (const member of publishedPackages()) {
    if (chosen.length > 0 && !chosen.includes(member.folder.split('/').at(-1) ?? '')) continue;
    const proofs: Proof[] = [];
    for (const runtime of runtimes) proofs.push(await proveInstalled(member, runtime, settings));
    subjects.set(member.manifest.name, proofs);
    print(`installed ${member.manifest.name}`);
  }
  return subjects;
}
