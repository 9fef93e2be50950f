import type { StreamPosition } from './position.ts';
import type { Subscriber } from './subscription.ts';

/** A callback that has read everything; its cursor is the group's. */
export interface LiveMember<Event> {
  readonly item: Subscriber<Event>;
  /** Its place in the group; -1 outside. */
  slot: number;
  /** Its callback threw. */
  threw(error: unknown): void;
  /** Its callback returned a promise: it has to leave the group and wait. */
  promised(promise: PromiseLike<unknown>): void;
}

/**
 * The callbacks that are up to date share one cursor, so that an event costs each of them one call and nothing else:
 * no queue, no position, no check of its own. Delivery is in the order of joining, and stays right when callbacks
 * leave in the middle of it. Nobody joins in the middle.
 */
export interface LiveGroup<Event, Member extends LiveMember<Event>> {
  readonly size: number;
  /** Whether an event is being delivered, to the member in this slot at the moment; -1 if not. */
  readonly delivering: number;
  join(member: Member): void;
  leave(member: Member): void;
  deliver(event: Event, position: StreamPosition): void;
  /** Empties the group and returns who was in it. */
  dissolve(): Member[];
}

const COMPACT_FROM = 32;

const isPromiseLike = (value: object | null): value is PromiseLike<unknown> =>
  value !== null && 'then' in value && typeof value.then === 'function';

export function createLiveGroup<Event, Member extends LiveMember<Event>>(): LiveGroup<Event, Member> {
  // Two arrays, because a delivery touches the callbacks alone: at 10,000 subscribers memory is what it waits for.
  let callbacks: (Subscriber<Event> | undefined)[] = [];
  let members: (Member | undefined)[] = [];
  let size = 0;
  let delivering = -1;

  function compact(): void {
    if (delivering >= 0 || callbacks.length < COMPACT_FROM || size * 2 > callbacks.length) return;
    members = members.filter((member) => member !== undefined);
    callbacks = members.map((member) => member?.item);
    members.forEach((member, slot) => {
      if (member !== undefined) member.slot = slot;
    });
  }

  return {
    get size() {
      return size;
    },
    get delivering() {
      return delivering;
    },
    join(member) {
      member.slot = callbacks.push(member.item) - 1;
      members.push(member);
      size++;
    },
    leave(member) {
      callbacks[member.slot] = undefined;
      members[member.slot] = undefined;
      member.slot = -1;
      size--;
      compact();
    },
    deliver(event, position) {
      const current = callbacks;
      const count = current.length;
      delivering = 0;
      while (delivering < count) {
        try {
          for (; delivering < count; delivering++) {
            const callback = current[delivering];
            if (callback === undefined) continue;
            const returned = callback(event, position);
            if (typeof returned === 'object' && isPromiseLike(returned)) members[delivering]?.promised(returned);
          }
        } catch (error) {
          members[delivering]?.threw(error);
          delivering++;
        }
      }
      delivering = -1;
      compact();
    },
    dissolve() {
      const left = members.filter((member) => member !== undefined);
      for (const member of left) member.slot = -1;
      callbacks = [];
      members = [];
      size = 0;
      return left;
    },
  };
}
