/** A stream waits for a place, starts, is active from its first event, and ends in exactly one of three ways. */
export type StreamStatus = 'queued' | 'starting' | 'active' | EndStatus;

/** The three ways a stream ends. */
export type EndStatus = 'completed' | 'failed' | 'stopped';

/** The state of a stream as data; times are milliseconds since 1970. */
export interface StreamState {
  readonly status: StreamStatus;
  readonly createdAt: number;
  readonly startedAt?: number | undefined;
  readonly firstEventAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

/** A step in the life of a stream. */
export type StreamStep =
  | { readonly type: 'start'; readonly at: number }
  | { readonly type: 'first-event'; readonly at: number }
  | { readonly type: 'end'; readonly status: EndStatus; readonly at: number };

/** Returns the state in which every stream begins. */
export function queuedState(createdAt: number): StreamState {
  return { status: 'queued', createdAt };
}

/** Whether a stream in this state has ended. */
export function isEnded({ status }: StreamState): boolean {
  return status === 'completed' || status === 'failed' || status === 'stopped';
}

/** Whether a stream in this state holds one of the manager's places. */
export function isRunning({ status }: StreamState): boolean {
  return status === 'starting' || status === 'active';
}

/** Returns the state after a step; the same object for a step that comes too late or out of order. */
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
