import type { DeliveryVerdict, GeminiErrorCode, OutcomeStatus } from '@gemini/client';

/** One event of a measured stream. Times are in milliseconds since the request, on one clock. */
export interface MeasuredEvent {
  /** When the server wrote it. Undefined where the server does not tell. */
  readonly sentMs?: number | undefined;
  readonly arrivedMs: number;
  /** When it had been written to the screen. */
  readonly shownMs: number;
  /** Its payload's size in UTF-8. */
  readonly bytes: number;
  /** What it says, for a person: untrusted, and as long as the server likes. */
  readonly text: string;
}

/** How a measured stream ended. */
export interface RunEnd {
  /** `stopped` is our own doing: a limit of the measurement, or an interrupt. */
  readonly status: OutcomeStatus;
  readonly error?:
    | { readonly code: GeminiErrorCode; readonly message: string; readonly status?: number | undefined }
    | undefined;
}

/** One stream, measured: all that text, JSON and HTML are made of. */
export interface MeasuredRun {
  /** Epoch milliseconds with a fraction, when the request was sent. */
  readonly startedAt: number;
  /** Milliseconds since the request. */
  readonly endedMs: number;
  readonly events: readonly MeasuredEvent[];
  readonly verdict: DeliveryVerdict;
  readonly end: RunEnd;
}

/** The present as epoch milliseconds with a fraction, on the clock that does not jump. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
