import type { EventLog } from './event-log.ts';
import type { ManagerLimits } from '../manager-options.ts';
import type { StreamSource } from './stream-source.ts';
import type { StreamState } from './stream-state.ts';
import type { StreamEnd } from '../subscribers/subscription.ts';
import type { ManagedStream } from '../types.ts';

/** What a stream is made of. */
export interface StreamRequest<Event, Result> {
  readonly id: string;
  readonly key: string | undefined;
  readonly metadata: unknown;
  readonly source: StreamSource<Event, Result>;
  readonly log: EventLog<Event>;
  readonly limits: ManagerLimits;
  readonly sizeOf: (event: Event) => number;
}

/** What a stream tells its manager. */
export interface StreamHooks<Event, Result> {
  /** The state has changed; called after everyone has been told of an end. */
  onState(stream: StreamEntry<Event, Result>, previous: StreamState): void;
  onEvent(): void;
  onLateEvent(stream: StreamEntry<Event, Result>): void;
  onPause(stream: StreamEntry<Event, Result>, paused: boolean): void;
  onDetach(stream: StreamEntry<Event, Result>, error: unknown): void;
  coolDown(key: string, untilMs: number): void;
}

/** The manager's own side of a stream. */
export interface StreamEntry<Event, Result> {
  readonly id: string;
  readonly stream: ManagedStream<Event, Result>;
  readonly key: string | undefined;
  readonly state: StreamState;
  readonly end: StreamEnd<Result> | undefined;
  readonly historyBytes: number;
  readonly retainMs: number;
  /** Starts the source, in this turn. */
  run(): void;
  /** Ends the stream as failed before its source was started. */
  refuse(error: unknown): void;
}
