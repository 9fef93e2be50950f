/** Stops a timer; harmless when it has fired. */
export type CancelTimer = () => void;

// What setTimeout holds at most; longer delays would fire at once.
const LONGEST_MS = 2 ** 31 - 1;

const nothing = (): void => {};

/** Calls back once after `delayMs` without keeping the process alive. Infinity never fires; any length is kept. */
export function startTimer(delayMs: number, callback: () => void): CancelTimer {
  if (delayMs === Infinity) return nothing;
  let timer: ReturnType<typeof setTimeout>;
  const arm = (leftMs: number): void => {
    timer = setTimeout(
      () => (leftMs > LONGEST_MS ? arm(leftMs - LONGEST_MS) : callback()),
      Math.max(0, Math.min(leftMs, LONGEST_MS)),
    );
    // Outside Node a timer is a number.
    if (typeof timer === 'object') timer.unref();
  };
  arm(delayMs);
  return () => clearTimeout(timer);
}
