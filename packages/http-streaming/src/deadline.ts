/** One time limit at a time. Starting another ends the one before. */
export interface Deadline {
  /** Calls `onExpire` when `ms` pass without `touch`. `0` sets no limit. */
  start(ms: number, onExpire: () => void): void;
  /** Something happened: the time runs from here. Costs no timer. */
  touch(): void;
  stop(): void;
}

/** A limit that many events may prolong: the timer looks at the last event when it fires, instead of being set anew. */
export function createDeadline(now: () => number = performance.now.bind(performance)): Deadline {
  let timer: NodeJS.Timeout | undefined;
  let lastAt = 0;

  const arm = (delayMs: number, limitMs: number, onExpire: () => void): void => {
    timer = setTimeout(() => {
      const restMs = lastAt + limitMs - now();
      if (restMs > 0.5) arm(restMs, limitMs, onExpire);
      else {
        timer = undefined;
        onExpire();
      }
    }, Math.ceil(delayMs));
  };
  return {
    start(ms, onExpire) {
      clearTimeout(timer);
      timer = undefined;
      lastAt = now();
      if (ms > 0 && ms < 2 ** 31) arm(ms, ms, onExpire);
    },
    touch() {
      lastAt = now();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
