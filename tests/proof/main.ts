import { createEmulator } from '@gemini/emulator';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runSoak } from '../soak/run-soak.ts';
import { describeSoak } from '../soak/soak-report.ts';
import { root } from '../workspace-packages.ts';
import { bundleParser } from './bundle-parser.ts';
import { packWorkspace } from './pack-workspace.ts';
import { printMatrix } from './print-matrix.ts';
import { type Proof, provePackage } from './prove-package.ts';
import { provideNodes } from './provide-nodes.ts';
import { runCommand } from './run-command.ts';

/**
 * `pnpm proof`: what a release has to stand, and a change need not wait for. Each package alone, from its tarball, on
 * each Node; the parser in a browser's bundle; two hundred runs of streams over a Redis that fails in every way; a long
 * soak (`--minutes`, 0 for none). Exits with 1 when anything failed.
 */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const target = await mkdtemp(join(tmpdir(), 'proof-'));
let failures = 0;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Prints one thing that holds, with what it found, or that it does not. */
async function prove(what: string, run: () => Promise<string>): Promise<void> {
  try {
    print(`\n${what}: ${await run()}`);
  } catch (error) {
    failures += 1;
    print(`\nFAILED ${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

try {
  await runCommand('pnpm', ['build'], root);
  const packages = await packWorkspace(target);
  const nodes = await provideNodes([22, 24, 26], target);
  const subjects = new Map<string, readonly Proof[]>();
  {
    await using emulator = await createEmulator();
    for (const packed of packages) {
      subjects.set(packed.name, await provePackage(packed, nodes, target, emulator.url));
    }
  }
  failures += printMatrix(subjects, print);
  await prove('the parser and its dependency, bundled for browsers', async () => {
    const { minifiedBytes, gzippedBytes } = await bundleParser(join(target, 'project-sse-parser'));
    return `${(minifiedBytes / 1024).toFixed(1)} KiB minified, ${(gzippedBytes / 1024).toFixed(1)} KiB gzipped`;
  });
  await prove('1,000 streams in Chromium, each cut 20 times', async () => {
    const words = ['vitest', 'run', '--config', 'vitest.interop.config.ts', 'browser-follow', '-t', 'many streams'];
    const env = { ...process.env, BROWSER_CUTS: '20', BROWSER_RUNS: '1000' };
    return (await runCommand('pnpm', words, root, env)).trimEnd().split('\n').at(-1) ?? '';
  });
  await prove('1,000 answers of useChat in Chromium, each cut 20 times', async () => {
    const words = ['vitest', 'run', '--config', 'vitest.interop.config.ts', 'use-chat', '-t', 'many answers'];
    const env = { ...process.env, BROWSER_CUTS: '20', BROWSER_RUNS: '1000' };
    return (await runCommand('pnpm', words, root, env)).trimEnd().split('\n').at(-1) ?? '';
  });
  if (spawnSync('redis-server', ['--version']).status === 0) {
    await prove('streams over Redis, 200 seeds of faults', async () => {
      const words = ['vitest', 'run', '--config', 'vitest.interop.config.ts', 'redis-chaos'];
      const printed = await runCommand('pnpm', words, root, { ...process.env, REDIS_CHAOS_RUNS: '200' });
      return printed.trimEnd().split('\n').at(-1) ?? '';
    });
    await prove('a process with 200 streams that is killed, 10 seeds', async () => {
      const words = ['vitest', 'run', '--config', 'vitest.interop.config.ts', 'redis-takeover'];
      const printed = await runCommand('pnpm', words, root, { ...process.env, TAKEOVER_RUNS: '10' });
      return printed.trimEnd().split('\n').at(-1) ?? '';
    });
  } else print('\nstreams over Redis: redis-server is not installed, so nothing was run');
  if (Number(values.minutes) > 0) {
    const options = { durationMs: Number(values.minutes) * 60_000, concurrentCount: 200, seed: Date.now() % 1_000_000 };
    const soak = await runSoak(options);
    print(`\n${describeSoak(soak)}`);
    failures += soak.ledger.complaintsCount;
  }
} finally {
  await rm(target, { recursive: true, force: true });
}
print(`\n${failures === 0 ? 'all of it holds' : `${failures} failed`}`);
process.exitCode = failures === 0 ? 0 : 1;
