import { defineConfig } from 'vitest/config';

/** The checks that need nginx, Chromium or other people's clients and servers: slower, and not a package's own. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@gemini/source'] } },
  test: {
    name: 'interop',
    include: ['tests/interop/**/*.interop.test.ts'],
    reporters: ['default', './scripts/plain-count-reporter.ts'],
    // Each file starts a browser or servers of its own.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
