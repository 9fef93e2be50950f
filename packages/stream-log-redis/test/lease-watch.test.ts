import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeLease, type LeaseState, type LeaseVerdict, noSuspicion } from '../src/lease-watch.ts';

const leaseMs = 1_000;
const over = { owner: 'node/1', leftMs: -1 };

/** Looks when the last verdict says so; returns the time and the finding of the first that is not `alive`. */
function watch(
  lease: (nowMs: number) => { owner: string; leftMs: number } | undefined,
  { canContinue = false, quietMs = (_nowMs: number) => Infinity, untilMs = 20_000 } = {},
): { nowMs: number; finding: LeaseVerdict['finding'] } {
  let state: LeaseState = noSuspicion;
  for (let nowMs = 0; nowMs < untilMs;) {
    const look = { nowMs, lease: lease(nowMs), quietMs: quietMs(nowMs) };
    const verdict = judgeLease(state, look, { leaseMs, canContinue });
    if (verdict.finding !== 'alive') return { nowMs, finding: verdict.finding };
    state = verdict.state;
    expect(verdict.againMs).toBeGreaterThan(0);
    nowMs += verdict.againMs;
  }
  return { nowMs: untilMs, finding: 'alive' };
}

describe('a lease', () => {
  it('that is renewed in time is never lost, whenever it is looked at', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900 }), (renewedEveryMs) => {
        const lease = (nowMs: number) => ({ owner: 'node/1', leftMs: leaseMs - (nowMs % renewedEveryMs) });
        expect(watch(lease).finding).toBe('alive');
      }),
    );
  });

  it('that is over is lost at the second look, and first for a process that can continue', () => {
    const dead = (nowMs: number) => ({ owner: 'node/1', leftMs: leaseMs - nowMs });
    const heir = watch(dead, { canContinue: true });
    const other = watch(dead);
    expect(heir.finding).toBe('lost');
    expect(other.finding).toBe('lost');
    expect(heir.nowMs).toBeGreaterThan(leaseMs * 1.3);
    expect(other.nowMs).toBeGreaterThan(heir.nowMs + leaseMs / 4);
    expect(other.nowMs).toBeLessThan(leaseMs * 2);
  });

  it('that another owner has taken is watched from the start', () => {
    const before: LeaseState = { suspect: 'node/1', sinceMs: 0, dueMs: 1_000 };
    expect(judgeLease(before, { nowMs: 900, lease: over, quietMs: 9_999 }, watching).finding).toBe('lost');
    const taken = { owner: 'node/2', leftMs: -1 };
    expect(judgeLease(before, { nowMs: 900, lease: taken, quietMs: 9_999 }, watching)).toMatchObject({
      state: { suspect: 'node/2', sinceMs: 900 },
      finding: 'alive',
      againMs: 105,
    });
  });

  it('is not judged for a lease after a disturbance: the leader needs a moment to renew', () => {
    const found = watch(() => over, { quietMs: (nowMs) => (nowMs < 5_000 ? 0 : nowMs - 5_000) });
    expect(found).toMatchObject({ finding: 'lost' });
    expect(found.nowMs).toBeGreaterThanOrEqual(6_000);
  });
});

const watching = { leaseMs, canContinue: false };

it('A disturbance while a lease is over begins the looks again', () => {
  const before: LeaseState = { suspect: 'node/1', sinceMs: 0, dueMs: 1_000 };
  const look = { nowMs: 900, lease: over, quietMs: 300 };
  expect(judgeLease(before, look, watching)).toMatchObject({
    state: { suspect: 'node/1', sinceMs: 900 },
    finding: 'alive',
  });
});

it('A late answer while a lease is over begins the looks again: Redis stood still between two of them', () => {
  const first = judgeLease(noSuspicion, { nowMs: 0, lease: over, quietMs: 9_999 }, watching);
  const late = { nowMs: first.againMs + leaseMs / 5, lease: over, quietMs: 9_999 };
  expect(judgeLease(first.state, late, watching).state).toMatchObject({ suspect: 'node/1', sinceMs: late.nowMs });
  const stillLate = watchEvery(leaseMs / 3);
  expect(stillLate.finding).toBe('alive');
  expect(watchEvery(leaseMs / 10).finding).toBe('lost');

  /** Looks at a lease that is over, with this time between two answers. */
  function watchEvery(gapMs: number): LeaseVerdict {
    let verdict = first;
    for (let nowMs = gapMs; nowMs < 10 * leaseMs && verdict.finding === 'alive'; nowMs += gapMs) {
      verdict = judgeLease(verdict.state, { nowMs, lease: over, quietMs: 9_999 }, watching);
    }
    return verdict;
  }
});

it('A stream that was given up is lost at once for a process that can continue it, and for the others after its lease', () => {
  const givenUp = { nowMs: 0, lease: { owner: '', leftMs: 900 }, quietMs: 0 };
  expect(judgeLease(noSuspicion, givenUp, { leaseMs, canContinue: true }).finding).toBe('lost');
  expect(judgeLease(noSuspicion, givenUp, watching).finding).toBe('alive');
  expect(watch((nowMs) => ({ owner: '', leftMs: leaseMs - nowMs })).finding).toBe('lost');
});

describe('a stream that is not there', () => {
  it('is missing after a whole lease, in which its leader would have stored it again', () => {
    const found = watch(() => undefined);
    expect(found.finding).toBe('missing');
    expect(found.nowMs).toBeGreaterThanOrEqual(leaseMs);
  });

  it('is not missing if it comes back', () => {
    expect(watch((nowMs) => (nowMs < 900 ? undefined : { owner: 'node/1', leftMs: 500 })).finding).toBe('alive');
  });
});
