import type { ManagerLimits } from './options.ts';
import { type CancelTimer, startTimer } from './timer.ts';

/** A place that is held, or waited for. */
export interface Place {
  /** Gives the place back, or stops waiting for it; constant in time. */
  leave(): void;
}

/** Who may run, and whose turn it is when there is no room: keys take turns, and within a key the first goes first. */
export interface Capacity {
  /**
   * Runs now if there is room, else later; undefined when the queue is full as well. Calls `onQueue` before it makes
   * anyone wait.
   */
  enter(key: string | undefined, run: () => void, onQueue: () => void): Place | undefined;
  /** Lets nobody of this key in before `untilMs` (milliseconds since 1970); a later time replaces an earlier one. */
  coolDown(key: string, untilMs: number): void;
  /** Forgets the cool-downs. */
  close(): void;
}

interface KeyState {
  readonly key: string | undefined;
  readonly queue: LinkedQueue<Waiting>;
  running: number;
  /** Its place among the keys that could run someone if there were room. */
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
  const turns = createLinkedQueue<KeyState>();
  let running = 0;
  let queued = 0;
  let isAdmitting = false;

  function stateOf(key: string | undefined): KeyState {
    let state = keys.get(key);
    if (state === undefined) {
      state = {
        key,
        queue: createLinkedQueue(),
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

  /** Puts a key in line for a turn, takes it out, or forgets it, as its state asks for. */
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
    // A stream that ends while it starts gives its place to the next one here, not one call deeper.
    if (isAdmitting) return;
    isAdmitting = true;
    while (running < limits.maxStreams) {
      const state = turns.shift();
      if (state === undefined) break;
      state.turn = undefined;
      const waiting = state.queue.shift();
      queued--;
      running++;
      state.running++;
      settle(state);
      waiting?.run();
    }
    isAdmitting = false;
  }

  function release(state: KeyState): void {
    running--;
    state.running--;
    settle(state);
    admit();
  }

  function placeOf(state: KeyState): Place {
    let isLeft = false;
    return {
      leave() {
        if (isLeft) return;
        isLeft = true;
        release(state);
      },
    };
  }

  return {
    enter(key, run, onQueue) {
      const state = stateOf(key);
      if (running < limits.maxStreams && hasRoom(state) && state.queue.size === 0 && turns.size === 0) {
        running++;
        state.running++;
        const place = placeOf(state);
        run();
        return place;
      }
      if (queued >= limits.maxQueuedStreams) {
        settle(state);
        return undefined;
      }
      onQueue();
      queued++;
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
          queued--;
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

/** A place in a {@link LinkedQueue}. */
export interface QueueNode<Value> {
  readonly value: Value;
}

interface Link<Value> extends QueueNode<Value> {
  previous: Link<Value> | undefined;
  following: Link<Value> | undefined;
  isIn: boolean;
}

/** First in, first out, where leaving from the middle is as cheap as from the front. */
export interface LinkedQueue<Value> {
  readonly size: number;
  push(value: Value): QueueNode<Value>;
  shift(): Value | undefined;
  /** Takes a node out, in constant time; nothing when it is out already. */
  remove(node: QueueNode<Value>): void;
}

export function createLinkedQueue<Value>(): LinkedQueue<Value> {
  let first: Link<Value> | undefined;
  let last: Link<Value> | undefined;
  let size = 0;

  function unlink(link: Link<Value>): void {
    if (!link.isIn) return;
    link.isIn = false;
    size--;
    if (link.previous === undefined) first = link.following;
    else link.previous.following = link.following;
    if (link.following === undefined) last = link.previous;
    else link.following.previous = link.previous;
  }

  return {
    get size() {
      return size;
    },
    push(value) {
      const link: Link<Value> = { value, previous: last, following: undefined, isIn: true };
      if (last === undefined) first = link;
      else last.following = link;
      last = link;
      size++;
      return link;
    },
    shift() {
      const link = first;
      if (link !== undefined) unlink(link);
      return link?.value;
    },
    remove: (node) => unlink(node as Link<Value>),
  };
}
