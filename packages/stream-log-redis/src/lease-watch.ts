/** A suspicion that the leader of a followed stream is lost, or none. */
export interface LeaseState {
  /** The owner whose lease was seen to be over, or an empty text if the stream was not there; undefined if all is well. */
  readonly suspect: string | undefined;
  /** The time of the first such look. */
  readonly sinceMs: number;
}

/** A look at a followed stream. */
export interface LeaseLook {
  readonly nowMs: number;
  /** The owner and what is left of its lease; undefined if the stream is not there. */
  readonly lease: { readonly owner: string; readonly leftMs: number } | undefined;
  /** The time since the way of this process to Redis was disturbed. */
  readonly quietMs: number;
}

/** The judgement of a look. */
export interface LeaseVerdict {
  readonly state: LeaseState;
  /** `lost`: the leading process is; `missing`: the stream is. */
  readonly finding: 'alive' | 'lost' | 'missing';
  /** The time until the next look. */
  readonly againMs: number;
}

/** The state of a stream that was not looked at yet. */
export const noSuspicion: LeaseState = { suspect: undefined, sinceMs: 0 };

/** A clock and a call are not exact: the look comes a little after the deadline. */
const graceMs = 5;

/**
 * Judges a look. A process is lost if its lease was over twice, a part of a lease apart, and if nothing disturbed this
 * process's own way to Redis for a lease: after an outage the leader needs a moment to renew. The part is a third for a
 * process that can continue the stream, and two thirds for the others, which would end it: even if they look first, the
 * one that can continue comes first. A stream that is not there is missing after a whole lease, in which its leader would
 * have stored it again.
 */
export function judgeLease(
  state: LeaseState,
  { nowMs, lease, quietMs }: LeaseLook,
  { leaseMs, canContinue }: { readonly leaseMs: number; readonly canContinue: boolean },
): LeaseVerdict {
  if (lease !== undefined && lease.leftMs > 0) {
    const againMs = Math.min(Math.max(lease.leftMs + graceMs, leaseMs / 10), leaseMs * 0.8);
    return { state: noSuspicion, finding: 'alive', againMs };
  }
  const suspect = lease?.owner ?? '';
  const sinceMs = state.suspect === suspect ? state.sinceMs : nowMs;
  const next = { suspect, sinceMs };
  const neededMs = leaseMs * (lease === undefined ? 1 : canContinue ? 1 / 3 : 2 / 3);
  const leftMs = Math.max(neededMs - (nowMs - sinceMs), leaseMs - quietMs);
  if (leftMs <= 0) return { state: next, finding: lease === undefined ? 'missing' : 'lost', againMs: leaseMs / 3 };
  return { state: next, finding: 'alive', againMs: leftMs + graceMs };
}
