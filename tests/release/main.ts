import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRedis } from '../interop/redis/redis-server.ts';
import { printMatrix } from '../proof/print-matrix.ts';
import type { Proof } from '../proof/prove-package.ts';
import { publishedPackages } from '../workspace-packages.ts';
import { startRegistry } from './local-registry.ts';
import { proveInstalled } from './prove-installed.ts';
import { publishWorkspace } from './publish-workspace.ts';
import { provideRuntimes } from './runtimes.ts';

/**
 * `pnpm rehearse`: a release without the world. Publishes what is committed to a registry on this machine, then installs each
 * package alone, by its name, on Node 22, 24 and 26, Bun and Deno, and runs its README. Names after the command choose
 * packages (`pnpm rehearse client fetch`). Exits with 1 if anything failed.
 */
const chosen = process.argv.slice(2);
const target = await mkdtemp(join(tmpdir(), 'rehearsal-'));
const print = (line: string): void => void process.stdout.write(`${line}\n`);
let failures = 0;
try {
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
  failures = printMatrix(subjects, print);
} finally {
  await rm(target, { recursive: true, force: true });
}
print(`\n${failures === 0 ? 'all of it holds' : `${failures} failed`}`);
process.exitCode = failures === 0 ? 0 : 1;
