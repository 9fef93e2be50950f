/** A suspicion that the leader of a followed stream is lost, or none. */
export interface LeaseState {
  /** The owner whose lease was seen to be over, or an empty text if the stream was not there; undefined if all is well. */
  readonly suspect: string | undefined;
  /** The time of the first such look since the last disturbance. */
  readonly sinceMs: number;
  /** The time until which the next look has its answer, unless Redis or this process stands still. */
  readonly dueMs: number;
}

/** A look at a followed stream. */
export interface LeaseLook {
  readonly nowMs: number;
  /** The owner, empty if the stream was given up, and what is left of its lease; undefined if the stream is not there. */
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
export const noSuspicion: LeaseState = { suspect: undefined, sinceMs: 0, dueMs: 0 };

/** A clock and a call are not exact: the look comes a little after the deadline. */
const graceMs = 5;

/**
 * Judges a look. A process is lost if its lease is over in every look for a part of a lease, while Redis could be written
 * to without a disturbance: its leader, which tries ten times in a lease, would have renewed it. After a disturbance that
 * was noticed the leader gets a whole lease, because its client may take longer to connect again. A look whose answer is
 * late begins the part again: Redis, or this process, stood still in it. The part is a third for a process that can
 * continue the stream, and two thirds for the others, which would end it: even if they look first, the one that can
 * continue comes first. A stream that is not there is missing after a whole lease.
 */
export function judgeLease(
  state: LeaseState,
  { nowMs, lease, quietMs }: LeaseLook,
  { leaseMs, canContinue }: { readonly leaseMs: number; readonly canContinue: boolean },
): LeaseVerdict {
  // It was given up: nothing has to be waited for.
  if (lease?.owner === '' && canContinue) return { state: noSuspicion, finding: 'lost', againMs: leaseMs / 3 };
  if (lease !== undefined && lease.leftMs > 0) {
    const againMs = Math.min(Math.max(lease.leftMs + graceMs, leaseMs / 10), leaseMs * 0.8);
    return { state: noSuspicion, finding: 'alive', againMs };
  }
  const suspect = lease?.owner ?? '';
  const isUndisturbed = state.suspect === suspect && quietMs >= nowMs - state.sinceMs && nowMs <= state.dueMs;
  const sinceMs = isUndisturbed ? state.sinceMs : nowMs;
  const neededMs = leaseMs * (lease === undefined ? 1 : canContinue ? 1 / 3 : 2 / 3);
  const leftMs = Math.max(neededMs - (nowMs - sinceMs), leaseMs - quietMs);
  const againMs = leftMs <= 0 ? leaseMs / 3 : Math.min(leftMs, leaseMs / 10) + graceMs;
  const next = { suspect, sinceMs, dueMs: nowMs + againMs + leaseMs / 6 };
  if (leftMs > 0) return { state: next, finding: 'alive', againMs };
  return { state: next, finding: lease === undefined ? 'missing' : 'lost', againMs };
}
