import { createEmulator } from '@gemini/emulator';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runSoak } from '../soak/run-soak.ts';
import { describeSoak } from '../soak/soak-report.ts';
import { root } from '../workspace-packages.ts';
import { bundleParser } from './bundle-parser.ts';
import { packWorkspace } from './pack-workspace.ts';
import { type Proof, provePackage } from './prove-package.ts';
import { proveRenaming } from './prove-renaming.ts';
import { provideNodes } from './provide-nodes.ts';
import { runCommand } from './run-command.ts';

/**
 * `pnpm proof`: what a release has to stand, and a change need not wait for. Each package alone, from its tarball, on
 * each Node; the parser in a browser's bundle; another scope; a long soak (`--minutes`, 0 for none). Exits with 1 when
 * anything failed.
 */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const target = await mkdtemp(join(tmpdir(), 'proof-'));
let failures = 0;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const report = (name: string, proofs: readonly Proof[]): void => {
  print(`\n${name}`);
  for (const [what, failure] of proofs) {
    if (failure !== undefined) failures += 1;
    print(`  ${failure === undefined ? 'ok    ' : 'FAILED'} ${what}${failure === undefined ? '' : `: ${failure}`}`);
  }
};
const attempt = async (what: string, run: () => Promise<string>): Promise<Proof> => {
  try {
    return [`${what}${await run()}`, undefined];
  } catch (error) {
    return [what, error instanceof Error ? error.message : String(error)];
  }
};

try {
  await runCommand('pnpm', ['build'], root);
  const packages = await packWorkspace(target);
  const nodes = await provideNodes([22, 24, 26], target);
  {
    await using emulator = await createEmulator();
    for (const packed of packages) report(packed.name, await provePackage(packed, nodes, target, emulator.url));
  }
  report('for browsers', [
    await attempt('the parser, bundled with its dependency', async () => {
      const { minifiedBytes, gzippedBytes } = await bundleParser(join(target, 'project-sse-parser'));
      return `: ${(minifiedBytes / 1024).toFixed(1)} KiB minified, ${(gzippedBytes / 1024).toFixed(1)} KiB gzipped`;
    }),
  ]);
  report('another scope', [
    await attempt('renamed, checked and packed', () => proveRenaming(target, '@another-one').then(() => '')),
  ]);
  if (Number(values.minutes) > 0) {
    const options = { durationMs: Number(values.minutes) * 60_000, concurrentCount: 200, seed: Date.now() % 1_000_000 };
    const soak = await runSoak(options);
    print(`\n${describeSoak(soak)}`);
    failures += soak.complaintsCount;
  }
} finally {
  await rm(target, { recursive: true, force: true });
}
print(`\n${failures === 0 ? 'all of it holds' : `${failures} failed`}`);
process.exitCode = failures === 0 ? 0 : 1;
