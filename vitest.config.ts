import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { compileCache } from './scripts/readme-examples.ts';

// Every program that a test starts finds our sources compiled.
process.env['NODE_COMPILE_CACHE'] ??= compileCache;

const project = (name: string, root: string) => ({
  extends: true as const,
  // The packages keep nothing between their callers, so the files of one share a process and load it once.
  test: { name, root, include: ['test/**/*.test.ts'], isolate: false },
});

// Only on request: otherwise every file would load fast-check.
const { FAST_CHECK_SEED: seed, FAST_CHECK_RUNS: runs } = process.env;
const setupFiles =
  seed === undefined && runs === undefined ? [] : [join(import.meta.dirname, 'scripts/properties-by-environment.ts')];

/** One configuration for the workspace; a package runs its own project (`vitest run --project <name>`). */
export default defineConfig({
  ssr: { resolve: { conditions: ['@gemini/source'] } },
  test: {
    // No test asserts how long something takes, so these limits only end a test that hangs. They allow for child
    // processes that start ten times slower than usual because other programs use every core.
    testTimeout: runs === undefined ? 120_000 : 600_000,
    hookTimeout: 120_000,
    // Tests wait for servers and children for much of their time: no core is kept free, and three keep two cores busy.
    maxWorkers: Math.max(3, availableParallelism()),
    // A concurrent test usually starts a child process. Two at a time in each worker keep the cores busy; five only
    // make each other wait.
    maxConcurrency: 2,
    setupFiles,
    reporters: ['default', './scripts/plain-count-reporter.ts'],
    projects: [
      project('sse-parser', 'packages/sse-parser'),
      project('http-streaming', 'packages/http-streaming'),
      project('stream-manager', 'packages/stream-manager'),
      project('client', 'packages/client'),
      project('emulator', 'packages/emulator'),
      project('fetch', 'packages/fetch'),
      project('stream-log-redis', 'packages/stream-log-redis'),
      project('browser', 'packages/browser'),
      project('ai-sdk', 'packages/ai-sdk'),
      project('opentelemetry', 'packages/opentelemetry'),
      project('cli', 'apps/cli'),
      project('web', 'apps/web'),
      { extends: true as const, test: { name: 'tests', root: 'tests', include: ['*.test.ts'], isolate: false } },
    ],
  },
});
