import { createEmulator } from '@gemini/emulator';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SdkMarks } from '../../scripts/count-cases.ts';
import { drawMarks } from '../picture/draw-marks.ts';
import { themes } from '../picture/draw-picture.ts';
import { rehearse } from '../release/rehearse.ts';
import { runSoak } from '../soak/run-soak.ts';
import { describeSoak } from '../soak/soak-report.ts';
import { root } from '../workspace-packages.ts';
import { bundleParser } from './bundle-parser.ts';
import { countTests } from './count-tests.ts';
import { packWorkspace } from './pack-workspace.ts';
import { printMatrix } from './print-matrix.ts';
import { proofPage, type ProofSection } from './proof-page.ts';
import { type Proof, provePackage } from './prove-package.ts';
import { provideNodes } from './provide-nodes.ts';
import { proveSimulation } from './prove-simulation.ts';
import { runCommand } from './run-command.ts';
import { testSections } from './test-sections.ts';

/**
 * `pnpm proof`: what a release has to stand, and a change need not wait for. Writes `docs/proof.md` with its pictures. Each
 * package from its tarball and by its name, on each runtime; the tests with more cases than CI runs; a simulation; a long
 * soak (`--minutes`, 0 for none). Exits with 1 if anything failed.
 */
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const target = await mkdtemp(join(tmpdir(), 'proof-'));
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const count = (value: number, unit: string): string => `${value.toLocaleString('en')} ${unit}`;

const sections: ProofSection[] = [];
const skipped: { claim: string; reason: string }[] = [];
const marks: SdkMarks[] = [];

/** Runs one part, and notes how it ended. */
async function prove(
  what: Pick<ProofSection, 'claim' | 'link' | 'without'>,
  run: () => Promise<Pick<ProofSection, 'extent' | 'failures'>>,
): Promise<void> {
  const startMs = performance.now();
  let result: Pick<ProofSection, 'extent' | 'failures'>;
  try {
    result = await run();
  } catch (error) {
    print(`FAILED ${what.claim}: ${error instanceof Error ? error.message : String(error)}`);
    result = { extent: 'not to its end', failures: 1 };
  }
  const minutes = (performance.now() - startMs) / 60_000;
  sections.push({ ...what, ...result, minutes });
  print(`${result.failures === 0 ? 'holds' : 'FAILED'}: ${what.claim} (${result.extent}, ${minutes.toFixed(1)} min)`);
}

let packages: ReadonlyMap<string, readonly Proof[]> = new Map();
try {
  await runCommand('pnpm', ['build'], root);
  for (const { claim, unit, link, tests, without, needs } of testSections) {
    if (needs !== undefined && spawnSync(needs, ['--version']).error !== undefined) {
      skipped.push({ claim, reason: `because ${needs} is not installed` });
      continue;
    }
    await prove({ claim, link, without }, async () => {
      const { cases, failed, marks: found } = await countTests(tests, target);
      marks.push(...found);
      return { extent: count(cases, unit), failures: failed };
    });
  }
  await prove(
    {
      claim: 'Every promise is kept on a virtual clock, whatever the network, the processes and the readers do',
      link: 'tests/simulation/main.ts',
      without: 'TLS, HTTP/2, proxies, Redis, functions and chats, which the tests on real sockets cover',
    },
    async () => {
      const { streamHours, streams } = await proveSimulation({ hours: 200, seed: Date.now() % 1_000_000 });
      return { extent: `${count(streamHours, 'stream-hours')} (${count(streams, 'streams')})`, failures: 0 };
    },
  );
  await prove(
    { claim: 'The types of each package compile, and it runs from its tarball', link: 'tests/proof/prove-package.ts' },
    async () => {
      const packed = await packWorkspace(target);
      const nodes = await provideNodes([22, 24, 26], target);
      const subjects = new Map<string, readonly Proof[]>();
      await using emulator = await createEmulator();
      for (const each of packed) subjects.set(each.name, await provePackage(each, nodes, target, emulator.url));
      const { minifiedBytes, gzippedBytes } = await bundleParser(join(target, 'project-sse-parser'));
      print(
        `the parser, bundled: ${(minifiedBytes / 1024).toFixed(1)} KiB minified, ${(gzippedBytes / 1024).toFixed(1)} KiB gzipped`,
      );
      const cells = [...subjects.values()].reduce((sum, proofs) => sum + proofs.length, 0);
      return { extent: count(cells, 'programs and compilations'), failures: printMatrix(subjects, print) };
    },
  );
  await prove(
    { claim: 'A release installs by its names, and its READMEs run', link: 'tests/release/main.ts' },
    async () => {
      packages = await rehearse(join(target, 'rehearsal'), { print });
      const cells = [...packages.values()].reduce((sum, proofs) => sum + proofs.length, 0);
      return { extent: count(cells, 'installations'), failures: printMatrix(packages, print) };
    },
  );
  if (Number(values.minutes) > 0) {
    await prove(
      {
        claim: 'Nothing is left over, and nothing is wrong, after many streams under chaos',
        link: 'tests/soak/main.ts',
      },
      async () => {
        const options = {
          durationMs: Number(values.minutes) * 60_000,
          concurrentCount: 200,
          seed: Date.now() % 1_000_000,
        };
        const soak = await runSoak(options);
        print(describeSoak(soak));
        const streams = soak.phases.reduce((sum, phase) => sum + phase.streamsCount, 0);
        return { extent: count(streams, 'streams'), failures: soak.ledger.complaintsCount };
      },
    );
  } else skipped.push({ claim: 'A soak', reason: 'because of `--minutes 0`' });
} finally {
  await rm(target, { recursive: true, force: true });
}

const docs = join(root, 'docs');
const page = join(docs, 'proof.md');
writeFileSync(page, proofPage({ date: new Date().toISOString().slice(0, 10), sections, skipped, packages }));
for (const [name, theme] of Object.entries(themes))
  writeFileSync(join(docs, `proof-${name}.svg`), drawMarks(marks, theme));
await runCommand('oxfmt', [page], root);
const failures = sections.reduce((sum, section) => sum + section.failures, 0);
print(`\n${failures === 0 ? 'all of it holds' : `${failures} failed`}: docs/proof.md`);
process.exitCode = failures === 0 ? 0 : 1;
