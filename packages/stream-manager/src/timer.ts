/** Stops a timer; does nothing if it has fired. */
export type CancelTimer = () => void;

// The longest delay of setTimeout; longer ones would fire at once.
const maxTimeoutMs = 2 ** 31 - 1;

/** Calls back once after `delayMs`, which may have any length, without keeping the process alive. Infinity never fires. */
export function startTimer(delayMs: number, callback: () => void): CancelTimer {
  if (delayMs === Infinity) return doNothing;
  let timer: ReturnType<typeof setTimeout>;
  const arm = (leftMs: number): void => {
    timer = setTimeout(
      () => (leftMs > maxTimeoutMs ? arm(leftMs - maxTimeoutMs) : callback()),
      Math.max(0, Math.min(leftMs, maxTimeoutMs)),
    );
    // Outside Node a timer is a number.
    if (typeof timer === 'object') timer.unref();
  };
  arm(delayMs);
  return () => clearTimeout(timer);
}

function doNothing(): void {}
