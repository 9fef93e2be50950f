import { expect, it } from 'vitest';
import { defaultStreamManagerOptions, resolveLimits, resolveStreamLimits } from '../src/options.ts';

const limits = resolveLimits({});

it('lets streams that ask for nothing of their own share the bounds of the manager', () => {
  expect(resolveStreamLimits(limits, {})).toBe(limits);
  expect(resolveStreamLimits(limits, { lingerMs: defaultStreamManagerOptions.lingerMs })).toBe(limits);
});

it.for(['lingerMs', 'retainMs', 'maxHistoryBytes'] as const)(
  'lets streams that ask for the same %s share theirs, and no others',
  (name) => {
    const first = resolveStreamLimits(limits, { [name]: 1 });
    expect(first).toEqual({ ...limits, [name]: 1 });
    expect(resolveStreamLimits(limits, { [name]: 1 }, first)).toBe(first);
    expect(resolveStreamLimits(limits, { [name]: 2 }, first)).toEqual({ ...limits, [name]: 2 });
    expect(resolveStreamLimits(limits, {}, first)).toEqual(limits);
  },
);
