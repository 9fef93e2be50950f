import type { StreamStatus } from './stream/stream-state.ts';

/** The manager's counters. `queued`, `starting` and `active` go up and down, the others only up. */
export type ManagerCounters = Record<
  StreamStatus | 'started' | 'evicted' | 'events' | 'lateEvents' | 'detachedSubscribers',
  number
>;

export const createManagerCounters = (): ManagerCounters => ({
  queued: 0,
  starting: 0,
  active: 0,
  started: 0,
  completed: 0,
  failed: 0,
  stopped: 0,
  evicted: 0,
  events: 0,
  lateEvents: 0,
  detachedSubscribers: 0,
});
