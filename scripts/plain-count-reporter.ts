import { appendFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Closes a run with the plain line `N passed, N failed`. With `TEST_COUNTS_FILE` set, appends the two numbers there
 * too, for a script that adds up several runs. In CI a skipped test counts as failed: a check that did not run has
 * not passed.
 */
export default class PlainCountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests += 1;
        const state = test.result().state;
        if (state === 'passed') passed += 1;
        else if (state === 'skipped') skipped += 1;
        else failed += 1;
      }
      // A file that could not be loaded has errors of its own, and no tests.
      if (tests === 0 && module.state() === 'failed') failed += 1;
    }
    if (process.env['CI'] && skipped > 0) {
      process.exitCode = 1;
      failed += skipped;
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
    const countsFile = process.env['TEST_COUNTS_FILE'];
    if (countsFile) appendFileSync(countsFile, `${passed} ${failed}\n`);
  }
}
