import { defineConfig } from 'vitest/config';

const project = (name: string, root: string, isolate = true) => ({
  extends: true as const,
  test: { name, root, include: ['test/**/*.test.ts'], isolate },
});

/** One configuration for the workspace; a package runs its own project (`vitest run --project <name>`). */
export default defineConfig({
  ssr: { resolve: { conditions: ['@gemini/source'] } },
  test: {
    // Real sockets and child processes on a busy machine; nothing here asserts how long something takes.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: ['default', './scripts/plain-count-reporter.ts'],
    projects: [
      // The parser keeps nothing between calls, so its files share a process and load fast-check once.
      project('sse-parser', 'packages/sse-parser', false),
      project('http-streaming', 'packages/http-streaming'),
      project('stream-manager', 'packages/stream-manager'),
      project('client', 'packages/client'),
      project('emulator', 'packages/emulator'),
      project('cli', 'apps/cli'),
      { extends: true as const, test: { name: 'tests', root: 'tests', include: ['*.test.ts'] } },
    ],
  },
});
