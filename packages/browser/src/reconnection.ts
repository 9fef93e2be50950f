import { StreamFollowError } from './errors.ts';
import type { ReconnectPolicy } from './options.ts';

/** The state of the connection of a stream. Times are of the clock of `Date.now`. */
export type ConnectionState =
  /** A request is under way. `attempts` counts the requests since the last event. */
  | { readonly status: 'connecting' | 'streaming'; readonly attempts: number }
  | {
      readonly status: 'waiting';
      readonly attempts: number;
      /** The time of the next request; of giving up if the page is offline. */
      readonly untilMs: number;
      /** The server asked for no request before this time. */
      readonly notBeforeMs: number;
      readonly isOffline: boolean;
      readonly error: StreamFollowError;
    }
  | { readonly status: 'over'; readonly error: StreamFollowError };

/** A happening that changes the state. */
export type ConnectionEvent =
  | { readonly type: 'opened' | 'progress' }
  | {
      readonly type: 'dropped';
      readonly error: StreamFollowError;
      readonly nowMs: number;
      readonly isOnline: boolean;
      /** From 0 to 1. */
      readonly random: number;
      /** The delay that the stream itself asks for. */
      readonly baseDelayMs?: number | undefined;
    }
  /** The time of a wait has come. */
  | { readonly type: 'elapsed'; readonly nowMs: number }
  /** The page is online, visible or restored. */
  | { readonly type: 'woken'; readonly nowMs: number; readonly isOnline: boolean };

/** Returns the state after an event. Pure. */
export function transition(state: ConnectionState, event: ConnectionEvent, policy: ReconnectPolicy): ConnectionState {
  if (state.status === 'over') return state;
  const { attempts } = state;
  switch (event.type) {
    case 'opened':
      return { status: 'streaming', attempts };
    case 'progress':
      return attempts === 0 ? state : { status: 'streaming', attempts: 0 };
    case 'dropped':
      return afterDrop(attempts, event, policy);
    case 'elapsed':
      if (state.status !== 'waiting' || event.nowMs < state.untilMs) return state;
      if (!state.isOffline) return { status: 'connecting', attempts };
      return {
        status: 'over',
        error: new StreamFollowError('offline', 'the page was offline for too long', {
          limit: policy.maxOfflineMs,
          cause: state.error,
        }),
      };
    case 'woken':
      if (state.status !== 'waiting' || !event.isOnline) return state;
      if (event.nowMs >= state.notBeforeMs) return { status: 'connecting', attempts };
      return { ...state, isOffline: false, untilMs: state.notBeforeMs };
  }
}

function afterDrop(
  attempts: number,
  { error, nowMs, isOnline, random, baseDelayMs }: Extract<ConnectionEvent, { type: 'dropped' }>,
  policy: ReconnectPolicy,
): ConnectionState {
  const floorMs = error.retryAfterMs ?? 0;
  if (attempts >= policy.maxAttempts || floorMs > policy.maxRetryAfterMs) return { status: 'over', error };
  const grownMs = Math.min(policy.maxDelayMs, (baseDelayMs ?? policy.baseDelayMs) * 2 ** attempts);
  const delayMs = Math.max(floorMs, grownMs * (1 - random / 2));
  return {
    status: 'waiting',
    attempts: attempts + 1,
    notBeforeMs: nowMs + floorMs,
    untilMs: nowMs + (isOnline ? delayMs : policy.maxOfflineMs),
    isOffline: !isOnline,
    error,
  };
}
