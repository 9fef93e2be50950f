import { startTimer } from '../start-timer.ts';

/** Calls back after each silence of `silenceMs`. */
export interface KeepAlive {
  /** Something was sent: the silence begins anew. */
  sent(): void;
  stop(): void;
}

export function createKeepAlive(silenceMs: number, send: () => void): KeepAlive {
  let sentAt = Date.now();
  let cancelTimer = startTimer(silenceMs, check);

  // One timer that looks back, where resetting one with every frame would cost each of them.
  function check(): void {
    const silentMs = Date.now() - sentAt;
    if (silentMs >= silenceMs) {
      sentAt = Date.now();
      send();
    }
    cancelTimer = startTimer(silentMs >= silenceMs ? silenceMs : silenceMs - silentMs, check);
  }

  return {
    sent() {
      sentAt = Date.now();
    },
    stop: () => cancelTimer(),
  };
}
