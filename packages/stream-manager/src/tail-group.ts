import type { StreamPosition } from './event-log.ts';
import type { Subscriber } from './types.ts';

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

const compactFrom = 32;

const isPromiseLike = (value: object | null): value is PromiseLike<unknown> =>
  value !== null && 'then' in value && typeof value.then === 'function';

class Live<Event, Member extends LiveMember<Event>> implements LiveGroup<Event, Member> {
  size = 0;
  delivering = -1;
  // Two arrays, because a delivery touches the callbacks alone: at 10,000 subscribers memory is what it waits for.
  #callbacks: (Subscriber<Event> | undefined)[] = [];
  #members: (Member | undefined)[] = [];

  join(member: Member): void {
    if (this.#members.length === 0) {
      // Pushed into an empty array, the only member of most groups would take the room of seventeen.
      this.#callbacks = [member.item];
      this.#members = [member];
      member.slot = 0;
    } else {
      member.slot = this.#callbacks.push(member.item) - 1;
      this.#members.push(member);
    }
    this.size++;
  }

  leave(member: Member): void {
    this.#callbacks[member.slot] = undefined;
    this.#members[member.slot] = undefined;
    member.slot = -1;
    this.size--;
    this.#compact();
  }

  deliver(event: Event, position: StreamPosition): void {
    const current = this.#callbacks;
    const count = current.length;
    let slot = 0;
    while (slot < count) {
      try {
        for (; slot < count; slot++) {
          this.delivering = slot;
          const callback = current[slot];
          if (callback === undefined) continue;
          const returned = callback(event, position);
          if (typeof returned === 'object' && isPromiseLike(returned)) this.#members[slot]?.promised(returned);
        }
      } catch (error) {
        this.#members[slot]?.threw(error);
        slot++;
      }
    }
    this.delivering = -1;
    this.#compact();
  }

  dissolve(): Member[] {
    const left = this.#members.filter((member) => member !== undefined);
    for (const member of left) member.slot = -1;
    this.#callbacks = [];
    this.#members = [];
    this.size = 0;
    return left;
  }

  #compact(): void {
    const { length } = this.#callbacks;
    if (this.delivering >= 0 || length < compactFrom || this.size * 2 > length) return;
    const members = this.#members.filter((member) => member !== undefined);
    this.#callbacks = members.map((member) => member.item);
    this.#members = members;
    for (const [slot, member] of members.entries()) member.slot = slot;
  }
}

export function createLiveGroup<Event, Member extends LiveMember<Event>>(): LiveGroup<Event, Member> {
  return new Live();
}
