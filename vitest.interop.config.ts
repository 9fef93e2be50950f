import { defineConfig } from 'vitest/config';
import { compileCache } from './scripts/readme-examples.ts';

// Every program that a test starts finds our sources compiled.
process.env['NODE_COMPILE_CACHE'] ??= compileCache;

/** The checks that need nginx, Chromium or other people's clients and servers: slower, and not a package's own. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@gemini/source'] } },
  test: {
    name: 'interop',
    include: ['tests/interop/**/*.interop.test.ts'],
    reporters: ['default', './scripts/plain-count-reporter.ts'],
    // Each file starts a browser or servers of its own, and waits for them: three keep two cores busy.
    maxWorkers: 3,
    // Only ends a test that hangs: programs start slowly on a machine that other programs keep busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
