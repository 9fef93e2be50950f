/** A stream waits for a place, starts, is active from its first event, and ends in exactly one of three ways. */
export type StreamStatus = 'queued' | 'starting' | 'active' | EndStatus;

/** The three ways a stream ends. */
export type EndStatus = 'completed' | 'failed' | 'stopped';

/** A stream's life as data; times are milliseconds since 1970. */
export interface StreamState {
  readonly status: StreamStatus;
  readonly createdAt: number;
  readonly startedAt?: number | undefined;
  readonly firstEventAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

/** What can happen to a stream. */
export type StreamStep =
  | { readonly type: 'start'; readonly at: number }
  | { readonly type: 'first-event'; readonly at: number }
  | { readonly type: 'end'; readonly status: EndStatus; readonly at: number };

/** The state every stream begins in. */
export const queuedState = (createdAt: number): StreamState => ({ status: 'queued', createdAt });

/** Whether a stream in this state has ended. */
export const isEnded = ({ status }: StreamState): boolean =>
  status === 'completed' || status === 'failed' || status === 'stopped';

/** Whether a stream in this state holds one of the manager's places. */
export const isRunning = ({ status }: StreamState): boolean => status === 'starting' || status === 'active';

/** The state after a step. A step that comes too late, or out of order, leaves the very same object. */
export function transition(state: StreamState, step: StreamStep): StreamState {
  if (isEnded(state)) return state;
  switch (step.type) {
    case 'start':
      return state.status === 'queued' ? { ...state, status: 'starting', startedAt: step.at } : state;
    case 'first-event':
      return state.status === 'starting' ? { ...state, status: 'active', firstEventAt: step.at } : state;
    case 'end':
      return { ...state, status: step.status, endedAt: step.at };
  }
}
