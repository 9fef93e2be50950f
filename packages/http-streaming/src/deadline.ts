/** One time limit at a time. Starting another ends the one before. */
export interface Deadline {
  /** Calls `onExpire` when `ms` pass without `touch`. `0` sets no limit, nor does more than setTimeout can count. */
  start(ms: number, onExpire: () => void): void;
  /** Something happened: the time runs from here, or from `atMs` on the deadline's clock. Costs no timer. */
  touch(atMs?: number): void;
  stop(): void;
}

const longestTimeoutMs = 2 ** 31 - 1;

/** A limit that many events may prolong: the timer looks at the last event when it fires, instead of being set anew. */
export function createDeadline(now: () => number = performance.now.bind(performance)): Deadline {
  let timer: NodeJS.Timeout | undefined;
  let lastLook: NodeJS.Immediate | undefined;
  let lastAt = 0;

  const stop = (): void => {
    clearTimeout(timer);
    clearImmediate(lastLook);
  };
  const arm = (delayMs: number, limitMs: number, onExpire: () => void): void => {
    const restMs = (): number => lastAt + limitMs - now();
    timer = setTimeout(() => {
      if (restMs() > 0.5) return arm(restMs(), limitMs, onExpire);
      // A program that was busy for so long finds its timers first and what came meanwhile after them.
      lastLook = setImmediate(() => {
        if (restMs() > 0.5) arm(restMs(), limitMs, onExpire);
        else onExpire();
      });
    }, Math.ceil(delayMs));
  };
  return {
    start(ms, onExpire) {
      stop();
      lastAt = now();
      if (ms > 0 && ms <= longestTimeoutMs) arm(ms, ms, onExpire);
    },
    touch(atMs = now()) {
      lastAt = atMs;
    },
    stop,
  };
}
