/** Stops a timer; does nothing if it has fired. */
export type CancelTimer = () => void;

/** Calls back once after a time, without keeping the process alive. */
export function startTimer(delayMs: number, callback: () => void): CancelTimer {
  const timer = setTimeout(callback, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
}

/** Resolves after a time, without keeping the process alive. */
export function wait(delayMs: number): Promise<void> {
  return new Promise((resolve) => startTimer(delayMs, resolve));
}

/** Settles as the promise does, or rejects past the deadline; the promise is then left to itself. */
export function withDeadline<Value>(promise: Promise<Value>, timeoutMs: number, error: () => Error): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = startTimer(timeoutMs, () => reject(error()));
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (reason: unknown) => {
        cancel();
        reject(reason instanceof Error ? reason : new Error(String(reason)));
      },
    );
  });
}

/**
 * Returns how long a process that can continue a stream is waited for since its last look: it looks more often than once
 * in a lease.
 */
export function heirMsOf({ leaseMs }: { readonly leaseMs: number }): number {
  return 2 * leaseMs;
}

const firstRetryMs = 50;
const maxRetryMs = 1_000;

/**
 * Returns the time before a call is made again, which grows with the number of failures up to `mostMs` and is spread over
 * processes.
 */
export function retryDelayMs(failuresCount: number, random: number, mostMs = maxRetryMs): number {
  const delayMs = Math.min(mostMs, maxRetryMs, firstRetryMs * 2 ** Math.min(failuresCount, 10));
  return delayMs * (0.5 + random / 2);
}
