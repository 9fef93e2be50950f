import { AsyncLocalStorage } from 'node:async_hooks';
import { type Timed, TimedQueue } from './queue.ts';

/** A process of the simulation. What belongs to a dead one is never called again. */
export interface Owner {
  readonly name: string;
  isDead: boolean;
}

/** The process whose code runs. Timers and sockets belong to the process that makes them. */
export const currentOwner = new AsyncLocalStorage<Owner>();

/** Calls back as code of a process, unless that process is dead. */
export function asOwner(owner: Owner | undefined, callback: () => void): void {
  if (owner?.isDead === true) return;
  if (owner === undefined) currentOwner.exit(callback);
  else currentOwner.run(owner, callback);
}

interface Task extends Timed {
  readonly run: () => void;
}

type Callback = (...given: unknown[]) => void;

/** A timer on the virtual clock, with the methods of Node's own. */
export class VirtualTimer {
  readonly owner: Owner | undefined = currentOwner.getStore();
  readonly callback: Callback;
  readonly #time: VirtualTime;
  readonly #delayMs: number;
  readonly #given: readonly unknown[];
  readonly #isRepeated: boolean;
  /** The entry in the queue that counts: an older one is skipped. */
  #entry: Task | undefined;

  constructor(time: VirtualTime, callback: Callback, delayMs: number, given: readonly unknown[], isRepeated: boolean) {
    this.#time = time;
    this.callback = callback;
    this.#delayMs = delayMs;
    this.#given = given;
    this.#isRepeated = isRepeated;
    this.refresh();
  }

  get isArmed(): boolean {
    return this.#entry !== undefined;
  }

  refresh(): this {
    const entry: Task = this.#time.addTimer(this, this.#delayMs, () => {
      if (this.#entry === entry) this.#fire();
    });
    this.#entry = entry;
    return this;
  }

  close(): this {
    this.#entry = undefined;
    this.#time.timers.delete(this);
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #fire(): void {
    this.close();
    if (this.owner?.isDead === true) return;
    asOwner(this.owner, () => this.callback(...this.#given));
    if (this.#isRepeated) this.refresh();
  }
}

/** An immediate on the virtual clock. */
export class VirtualImmediate {
  readonly owner: Owner | undefined = currentOwner.getStore();
  isCleared = false;
  readonly run: () => void;

  constructor(run: () => void) {
    this.run = run;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}

const maxDelayMs = 2 ** 31 - 1;

/**
 * The clock of the simulation and the loop that moves it: timers that are due, then arrivals from the network, then
 * immediates, as in Node's loop; and if there is nothing to do, the clock jumps to the next of them.
 */
export class VirtualTime {
  /** Milliseconds since the beginning of the clock, with a fraction. */
  nowMs = 0;
  /** Timers that wait. */
  readonly timers = new Set<VirtualTimer>();
  /** Callbacks that were run. */
  tasksCount = 0;
  /** Returns whether work outside of the loop is under way, which the clock waits for. */
  isBusyOutside: () => boolean = () => false;
  readonly #timerQueue = new TimedQueue<Task>();
  readonly #arrivals = new TimedQueue<Task & { readonly owner: Owner | undefined }>();
  #immediates: VirtualImmediate[] = [];
  #order = 0;
  /** Resolves after all microtasks. The real one: the virtual ones are in its place by then. */
  readonly #turn: (callback: () => void) => void;

  constructor(turn: (callback: () => void) => void) {
    this.#turn = turn;
  }

  addTimer(timer: VirtualTimer, delayMs: number, run: () => void): Task {
    // As Node does: whole milliseconds, counted from a clock of whole milliseconds.
    const whole = delayMs >= 1 && delayMs <= maxDelayMs ? Math.trunc(delayMs) : 1;
    const entry = { dueMs: Math.floor(this.nowMs) + whole, order: this.#nextOrder(), run };
    this.timers.add(timer);
    this.#timerQueue.add(entry);
    return entry;
  }

  addImmediate(run: () => void): VirtualImmediate {
    const immediate = new VirtualImmediate(run);
    this.#immediates.push(immediate);
    return immediate;
  }

  /** Calls back at a time, as something that arrives from outside: after the timers of that time. */
  arriveAt(dueMs: number, run: () => void, owner: Owner | undefined): void {
    this.#arrivals.add({ dueMs: Math.max(dueMs, this.nowMs), order: this.#nextOrder(), run, owner });
  }

  /** Resolves after a time, as something that arrives from outside. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.arriveAt(this.nowMs + ms, resolve, currentOwner.getStore()));
  }

  /** The machine stands still for a time: what was due meanwhile comes late, timers before arrivals. */
  stall(ms: number): void {
    this.nowMs += ms;
  }

  /** Runs until `isOver`, or until there is nothing more to do, or until a time. Returns whether there is more. */
  run(untilMs: number, isOver: () => boolean = () => false): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          if (this.isBusyOutside()) return this.#turn(step);
          if (isOver()) return resolve(true);
          const next = this.#nextTask(untilMs);
          if (next === undefined) return resolve(this.#nextDueMs() !== Infinity);
          this.tasksCount += 1;
          next();
        } catch (error) {
          return reject(error instanceof Error ? error : new Error(String(error)));
        }
        return this.#turn(step);
      };
      this.#turn(step);
    });
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.timers.clear();
    this.#timerQueue.clear();
    this.#arrivals.clear();
    this.#immediates = [];
    this.#checking = [];
    this.#phase = 'timers';
  }

  #phase: 'timers' | 'arrivals' | 'immediates' = 'timers';
  #checking: VirtualImmediate[] = [];

  #nextTask(untilMs: number): (() => void) | undefined {
    for (;;) {
      if (this.#phase === 'timers') {
        const due = this.#timerQueue.first;
        if (due !== undefined && due.dueMs <= this.nowMs) return this.#timerQueue.take()?.run;
        this.#phase = 'arrivals';
      }
      if (this.#phase === 'arrivals') {
        const due = this.#arrivals.first;
        if (due !== undefined && due.dueMs <= this.nowMs) {
          this.#arrivals.take();
          return () => asOwner(due.owner, due.run);
        }
        this.#phase = 'immediates';
        this.#checking = this.#immediates;
        this.#immediates = [];
      }
      const immediate = this.#checking.shift();
      if (immediate !== undefined) {
        if (immediate.isCleared) continue;
        return () => asOwner(immediate.owner, immediate.run);
      }
      this.#phase = 'timers';
      if (this.#immediates.length > 0) continue;
      const dueMs = this.#nextDueMs();
      if (dueMs > untilMs || dueMs === Infinity) {
        if (untilMs !== Infinity) this.nowMs = Math.max(this.nowMs, untilMs);
        return undefined;
      }
      this.nowMs = Math.max(this.nowMs, dueMs);
    }
  }

  #nextDueMs(): number {
    return Math.min(this.#timerQueue.first?.dueMs ?? Infinity, this.#arrivals.first?.dueMs ?? Infinity);
  }

  #nextOrder(): number {
    this.#order += 1;
    return this.#order;
  }
}
