import { appendFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Closes a run with the plain line `N passed, N failed`. With `TEST_COUNTS_FILE` set, appends the two numbers there
 * too, for a script that adds up several runs. An error outside of any test (a file that does not load, a hook, a
 * an unhandled rejection) is a failure. In CI a test that did not run has not passed, and fails the run.
 */
export default class PlainCountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'skipped') skipped += 1;
        else failed += 1;
      }
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
