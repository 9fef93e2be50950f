import type { LiveMember } from './live-group.ts';
import type { Reader } from './reader.ts';
import type { DetachedEnd, StreamEnd } from './subscription.ts';

/** A callback subscription: live while it is up to date, a reader while it is not. */
export interface LiveReader<Event, Result> extends LiveMember<Event>, Reader {
  finish(end: StreamEnd<Result> | DetachedEnd): void;
}
