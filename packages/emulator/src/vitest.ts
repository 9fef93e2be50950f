import { afterAll, afterEach, beforeAll } from 'vitest';
import type { EmulatorOptions } from './emulator-options.ts';
import { SuiteEmulator, type UsedEmulator } from './suite-emulator.ts';

export type { ClientOptions, UsedEmulator } from './suite-emulator.ts';

/**
 * Runs an emulator for the tests of the file, or of the `describe` around the call: it starts before the first one, is
 * reset after each one, and is closed after the last one. Tests that run concurrently share its requests and answers; give
 * each its own `createEmulator`. Invalid options fail the tests with a `TypeError`.
 */
export function useEmulator(options: EmulatorOptions = {}): UsedEmulator {
  const suite = new SuiteEmulator(options);
  beforeAll(suite.start);
  afterEach(suite.reset);
  afterAll(suite.close);
  return suite.use();
}
