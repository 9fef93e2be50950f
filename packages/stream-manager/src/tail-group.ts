import type { CallbackSubscription } from './callback-subscription.ts';
import type { StreamPosition } from './event-log.ts';
import type { GapEvent, Subscriber } from './types.ts';

const compactFrom = 32;

/**
 * The callbacks at the tail of the log. They share one cursor, so that an event costs each of them one call and nothing
 * else: no queue, no position, no check of its own. Delivery is in the order of joining, and stays right if callbacks
 * leave in the middle of it. None joins in the middle.
 */
export class TailGroup<Event, Result> {
  size = 0;
  /** The slot of the subscription that is being called; -1 between deliveries. */
  delivering = -1;
  // Two arrays, because a delivery touches the callbacks alone: at 10,000 subscribers it waits for memory.
  #callbacks: (Subscriber<Event | GapEvent> | undefined)[] = [];
  #members: (CallbackSubscription<Event, Result> | undefined)[] = [];

  join(member: CallbackSubscription<Event, Result>): void {
    if (this.#members.length === 0) {
      // Pushed into an empty array, the only member of most groups would take the room of seventeen.
      this.#callbacks = [member.item];
      this.#members = [member];
      member.slot = 0;
    } else {
      member.slot = this.#callbacks.push(member.item) - 1;
      this.#members.push(member);
    }
    this.size += 1;
  }

  leave(member: CallbackSubscription<Event, Result>): void {
    this.#callbacks[member.slot] = undefined;
    this.#members[member.slot] = undefined;
    member.slot = -1;
    this.size -= 1;
    this.#compact();
  }

  deliver(event: Event, position: StreamPosition): void {
    const current = this.#callbacks;
    const count = current.length;
    let slot = 0;
    while (slot < count) {
      try {
        for (; slot < count; slot += 1) {
          this.delivering = slot;
          const callback = current[slot];
          if (callback === undefined) continue;
          const returned = callback(event, position);
          if (typeof returned === 'object' && isPromiseLike(returned)) this.#members[slot]?.onPromise(returned);
        }
      } catch (error) {
        this.#members[slot]?.detach(error);
        slot += 1;
      }
    }
    this.delivering = -1;
    this.#compact();
  }

  members(): CallbackSubscription<Event, Result>[] {
    return this.#members.filter((member) => member !== undefined);
  }

  /** Empties the group and returns its members. */
  dissolve(): CallbackSubscription<Event, Result>[] {
    const left = this.members();
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

function isPromiseLike(value: object | null): value is PromiseLike<unknown> {
  return value !== null && 'then' in value && typeof value.then === 'function';
}
