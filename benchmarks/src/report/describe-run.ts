import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { BenchmarkReport } from './benchmark-report.ts';

const folder = join(import.meta.dirname, '../..');

interface Manifest {
  readonly version: string;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const manifestOf = (path: string): Manifest => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest;

/** The machine, the day and the versions of everything that is compared. */
export const describeRun = (): Omit<BenchmarkReport, 'benchmarks' | 'isQuick'> => {
  const names = Object.keys(manifestOf(folder).devDependencies ?? {}).toSorted();
  const installed = names.map((name) => [name, join(folder, 'node_modules', name)] as const);
  const versions = installed
    .filter(([, path]) => existsSync(path))
    .map(([name, path]): [string, string] => [name, manifestOf(path).version]);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: {
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryGib: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${release()}`,
    },
    versions: Object.fromEntries([['node', process.versions.node], ...versions]),
  };
};
