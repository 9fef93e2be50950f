import type { StreamOutcome } from '@gemini/client';

const mostComplaints = 20;

/** The counts of a running soak. */
export interface Ledger {
  /** Notes something that must not be. The first twenty are kept, all are counted. */
  readonly complain: (what: string) => void;
  /** Notes how a stream ended that was used in this way. */
  readonly note: (use: string, outcome: StreamOutcome) => void;
  readonly complaints: readonly string[];
  readonly complaintsCount: number;
  /** Streams by outcome, and by the code of its error. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Streams by the way they were used. */
  readonly uses: Readonly<Record<string, number>>;
  /** Requests that were sent for them. */
  readonly attemptsCount: number;
}

/** A ledger in which nothing is noted yet. */
export function createLedger(): Ledger {
  const complaints: string[] = [];
  const outcomes: Record<string, number> = {};
  const uses: Record<string, number> = {};
  let complaintsCount = 0;
  let attemptsCount = 0;
  return {
    complain(what) {
      complaintsCount += 1;
      if (complaints.length < mostComplaints) complaints.push(what);
    },
    note(use, { status, error, attempts }) {
      const name = error === undefined || error.code === status ? status : `${status} (${error.code})`;
      outcomes[name] = (outcomes[name] ?? 0) + 1;
      uses[use] = (uses[use] ?? 0) + 1;
      attemptsCount += attempts;
    },
    complaints,
    outcomes,
    uses,
    get complaintsCount() {
      return complaintsCount;
    },
    get attemptsCount() {
      return attemptsCount;
    },
  };
}
