import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '../soak/random.ts';
import { root } from '../workspace-packages.ts';
import { type Mutant, mutantsOf, pickMutants } from './mutants.ts';
import { type Target, targets } from './targets.ts';

/**
 * `pnpm mutate --mutants 50 --seed 1`: changes single lines of the ladder, of the manager's core and of its log, so many of
 * each, in a copy of the workspace, and looks whether a test notices, or `--minutes` of simulation. Prints each mutant
 * with its fate, and the score.
 */
const { values } = parseArgs({
  options: {
    mutants: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '10' },
    target: { type: 'string' },
  },
});
const print = (text: string): boolean => process.stdout.write(`${text}\n`);
const folder = mkdtempSync(join(tmpdir(), 'mutation-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const isLeftOut = /^(?:\.git|node_modules|\.turbo|dist)$/;
cpSync(root, folder, {
  recursive: true,
  verbatimSymlinks: true,
  filter: (from) => {
    const path = relative(root, from);
    // The packages' own folders of links are needed, with the links as they are.
    return path.includes('node_modules') ? path !== 'node_modules' : !isLeftOut.test(path.split('/').at(-1) ?? '');
  },
});
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));

/** Runs a command in the copy. Resolves with whether it failed, or did not end in time. */
function fails(command: string, args: readonly string[], limitMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: folder, stdio: 'ignore', detached: true });
    const timer = setTimeout(() => {
      // The workers too.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code !== 0);
    });
  });
}

const testsOf = ({ project }: Target): string[] => ['run', '--project', project, '--bail', '1', '--reporter', 'dot'];

/** Returns the time that the tests of a target may take: a change may make a loop endless. */
async function limitOf(target: Target): Promise<number> {
  const startedAt = performance.now();
  if (await fails('vitest', testsOf(target), 600_000)) throw new Error(`the tests of ${target.project} fail unchanged`);
  return 20_000 + 3 * (performance.now() - startedAt);
}

async function fateOf(target: Target, testsLimitMs: number): Promise<string> {
  const { near } = target;
  const vitest = testsOf(target);
  if (near.length > 0 && (await fails('vitest', [...vitest, ...near], testsLimitMs))) return 'seen by a test';
  if (await fails('vitest', vitest, testsLimitMs)) return 'seen by a test';
  const minutes = Number(values.minutes);
  const simulation = [
    '--conditions=@gemini/source',
    'tests/simulation/main.ts',
    '--seed',
    values.seed,
    '--hours',
    '1e6',
  ];
  const limitMs = (minutes + 5) * 60_000;
  if (minutes > 0 && (await fails('node', [...simulation, '--minutes', values.minutes], limitMs))) {
    return 'seen by the simulation';
  }
  return 'SURVIVED';
}

async function tryMutant({ file, line, after }: Mutant, target: Target, testsLimitMs: number): Promise<string> {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    source
      .split('\n')
      .with(line - 1, after)
      .join('\n'),
  );
  try {
    return await fateOf(target, testsLimitMs);
  } finally {
    writeFileSync(path, source);
  }
}

const random = createRandom(Number(values.seed));
const fates = new Map<string, number>();
for (const target of targets.filter(({ name }) => values.target === undefined || name === values.target)) {
  const all = target.files.flatMap((file) => mutantsOf(file, readFileSync(join(root, file), 'utf8')));
  const picked = pickMutants(all, Number(values.mutants), random);
  print(`${target.name}: ${picked.length} of ${all.length} changes`);
  const testsLimitMs = await limitOf(target);
  for (const mutant of picked) {
    const fate = await tryMutant(mutant, target, testsLimitMs);
    fates.set(fate, (fates.get(fate) ?? 0) + 1);
    print(`${fate}: ${mutant.file}:${mutant.line} (${mutant.kind}) ${mutant.before.trim()} -> ${mutant.after.trim()}`);
  }
}
const total = [...fates.values()].reduce((sum, count) => sum + count, 0);
const survivors = fates.get('SURVIVED') ?? 0;
for (const [fate, count] of fates) print(`${fate}: ${count}`);
print(`score: ${(((total - survivors) * 100) / Math.max(1, total)).toFixed(1)} % of ${total}`);
