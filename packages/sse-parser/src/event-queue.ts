import type { SseEvent } from './types.ts';

/** The events of a chunk that nobody has taken yet. */
export interface EventQueue {
  add(event: SseEvent): void;
  take(): SseEvent | undefined;
  clear(): void;
}

/** A cursor over an array: `shift` would move all the rest of a chunk with thousands of events each time. */
export const createEventQueue = (): EventQueue => {
  let events: SseEvent[] = [];
  let taken = 0;

  const clear = (): void => {
    events = [];
    taken = 0;
  };

  return {
    add(event) {
      events.push(event);
    },
    take() {
      const event = events[taken];
      if (event === undefined) return undefined;
      taken += 1;
      if (taken === events.length) clear();
      return event;
    },
    clear,
  };
};
