import type * as FastCheck from 'fast-check';
import { vi } from 'vitest';

/**
 * A setup file for Vitest: runs every property of the workspace with `FAST_CHECK_SEED`, and `FAST_CHECK_RUNS` times as
 * often as it asks for. So a failure is seen again by the seed that its message tells, and `pnpm fuzz` can look longer.
 */
vi.mock('fast-check', async (importOriginal) => {
  const original = await importOriginal<typeof FastCheck>();
  const seed = process.env['FAST_CHECK_SEED'];
  const factor = Number(process.env['FAST_CHECK_RUNS'] ?? 1);
  const given = seed === undefined ? {} : { seed: Number(seed) };
  const assert = ((property, parameters = {}) => {
    const { numRuns = 100, ...others } = parameters;
    return original.assert(property, { ...others, ...given, numRuns: numRuns * factor });
  }) as typeof original.assert;
  return { ...original, assert, default: { ...original.default, assert } };
});
