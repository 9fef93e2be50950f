import { startTimer, type CancelTimer } from './start-timer.ts';

/** Decides when a stream that nobody follows has gone on for long enough. */
export interface Linger {
  /** The source was started. */
  started(): void;
  subscribersChanged(count: number): void;
  /** The stream has ended. */
  cancel(): void;
}

export function createLinger(lingerMs: number, expire: () => void): Linger {
  let cancelTimer: CancelTimer | undefined;
  let isFollowed = false;
  let cameEver = false;
  let isOver = false;

  const wait = (): void => {
    cancelTimer?.();
    cancelTimer = startTimer(lingerMs, expire);
  };

  return {
    started() {
      // With no linger time at all there must be someone to leave before anything can end by it.
      if (!cameEver && lingerMs > 0) wait();
    },
    subscribersChanged(count) {
      const wasFollowed = isFollowed;
      isFollowed = count > 0;
      if (isFollowed) {
        cameEver = true;
        cancelTimer?.();
      } else if (wasFollowed && !isOver) {
        if (lingerMs === 0) expire();
        else wait();
      }
    },
    cancel() {
      isOver = true;
      cancelTimer?.();
    },
  };
}
