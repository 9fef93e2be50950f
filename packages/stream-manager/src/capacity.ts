import type { ManagerLimits } from './options.ts';
import { type CancelTimer, startTimer } from './timer.ts';

/** A place that a stream holds or waits for. */
export interface Place {
  /** Returns the place, or stops waiting for it; constant in time. */
  leave(): void;
}

/** The places of running streams, and the queue for them: keys take turns, and within a key the first goes first. */
export interface Capacity {
  /**
   * Calls `run` now if there is room, otherwise later; returns undefined if the queue is full as well. Calls `onQueue`
   * before the stream has to wait.
   */
  enter(key: string | undefined, run: () => void, onQueue: () => void): Place | undefined;
  /** Admits no stream of this key before `untilMs` (milliseconds since 1970); a later time replaces an earlier one. */
  coolDown(key: string, untilMs: number): void;
  /** Forgets the cool-downs. */
  close(): void;
}

interface KeyState {
  readonly key: string | undefined;
  readonly queue: LinkedQueue<Waiting>;
  running: number;
  /** Its node among the keys that could run a stream if there were room. */
  turn: QueueNode<KeyState> | undefined;
  coolUntilMs: number;
  cancelCoolDown: CancelTimer | undefined;
}

interface Waiting {
  run(): void;
}

type CapacityLimits = Pick<ManagerLimits, 'maxStreams' | 'maxStreamsPerKey' | 'maxQueuedStreams'>;

export function createCapacity(limits: CapacityLimits): Capacity {
  const keys = new Map<string | undefined, KeyState>();
  const turns = new LinkedQueue<KeyState>();
  let running = 0;
  let queued = 0;
  let isAdmitting = false;

  function stateOf(key: string | undefined): KeyState {
    let state = keys.get(key);
    if (state === undefined) {
      state = {
        key,
        queue: new LinkedQueue(),
        running: 0,
        turn: undefined,
        coolUntilMs: 0,
        cancelCoolDown: undefined,
      };
      keys.set(key, state);
    }
    return state;
  }

  const hasRoom = (state: KeyState): boolean =>
    state.cancelCoolDown === undefined && (state.key === undefined || state.running < limits.maxStreamsPerKey);

  /** Adds a key to the turns, removes it, or forgets it, according to its state. */
  function settle(state: KeyState): void {
    const isReady = state.queue.size > 0 && hasRoom(state);
    if (isReady) state.turn ??= turns.push(state);
    else if (state.turn !== undefined) {
      turns.remove(state.turn);
      state.turn = undefined;
    }
    if (state.queue.size === 0 && state.running === 0 && state.cancelCoolDown === undefined) keys.delete(state.key);
  }

  function admit(): void {
    // A stream that ends while it starts passes its place on here, not one call deeper.
    if (isAdmitting) return;
    isAdmitting = true;
    while (running < limits.maxStreams) {
      const state = turns.shift();
      if (state === undefined) break;
      state.turn = undefined;
      const waiting = state.queue.shift();
      queued -= 1;
      running += 1;
      state.running += 1;
      settle(state);
      waiting?.run();
    }
    isAdmitting = false;
  }

  function release(state: KeyState): void {
    running -= 1;
    state.running -= 1;
    settle(state);
    admit();
  }

  const placeOf = (state: KeyState): Place => new HeldPlace(state, release);

  return {
    enter(key, run, onQueue) {
      const state = stateOf(key);
      if (running < limits.maxStreams && hasRoom(state) && state.queue.size === 0 && turns.size === 0) {
        running += 1;
        state.running += 1;
        const place = placeOf(state);
        run();
        return place;
      }
      if (queued >= limits.maxQueuedStreams) {
        settle(state);
        return undefined;
      }
      onQueue();
      queued += 1;
      let place: Place | undefined;
      const node = state.queue.push({
        run() {
          place = placeOf(state);
          run();
        },
      });
      settle(state);
      admit();
      return {
        leave() {
          if (place !== undefined) return place.leave();
          place = { leave() {} };
          state.queue.remove(node);
          queued -= 1;
          settle(state);
        },
      };
    },
    coolDown(key, untilMs) {
      const state = stateOf(key);
      if (untilMs > state.coolUntilMs && untilMs > Date.now()) {
        state.coolUntilMs = untilMs;
        state.cancelCoolDown?.();
        state.cancelCoolDown = startTimer(untilMs - Date.now(), () => {
          state.coolUntilMs = 0;
          state.cancelCoolDown = undefined;
          settle(state);
          admit();
        });
      }
      settle(state);
    },
    close() {
      for (const state of keys.values()) state.cancelCoolDown?.();
    },
  };
}

/** A class, as everything that each stream has one of. */
class HeldPlace implements Place {
  #state: KeyState | undefined;
  readonly #release: (state: KeyState) => void;

  constructor(state: KeyState, release: (state: KeyState) => void) {
    this.#state = state;
    this.#release = release;
  }

  leave(): void {
    const state = this.#state;
    this.#state = undefined;
    if (state !== undefined) this.#release(state);
  }
}

/** A node of a {@link LinkedQueue}. */
export interface QueueNode<Value> {
  readonly value: Value;
}

interface Link<Value> extends QueueNode<Value> {
  previous: Link<Value> | undefined;
  following: Link<Value> | undefined;
  isIn: boolean;
}

/** First in, first out; leaving from the middle is as cheap as from the front. */
export class LinkedQueue<Value> {
  size = 0;
  #first: Link<Value> | undefined;
  #last: Link<Value> | undefined;

  push(value: Value): QueueNode<Value> {
    const link: Link<Value> = { value, previous: this.#last, following: undefined, isIn: true };
    if (this.#last === undefined) this.#first = link;
    else this.#last.following = link;
    this.#last = link;
    this.size += 1;
    return link;
  }

  shift(): Value | undefined {
    const link = this.#first;
    if (link !== undefined) this.remove(link);
    return link?.value;
  }

  /** Takes a node out, in constant time; does nothing if it is out already. */
  remove(node: QueueNode<Value>): void {
    const link = node as Link<Value>;
    if (!link.isIn) return;
    link.isIn = false;
    this.size -= 1;
    if (link.previous === undefined) this.#first = link.following;
    else link.previous.following = link.following;
    if (link.following === undefined) this.#last = link.previous;
    else link.following.previous = link.previous;
  }
}
