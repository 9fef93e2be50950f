import type { HttpStreamErrorCode } from './errors.ts';
import type { ResolvedEventStreamOptions } from './options.ts';

/** Who is told that a limit was passed. An object, because a function for each limit would be held by each stream. */
export interface DeadlineOwner {
  expired(deadline: Deadline): void;
}

/** One time limit at a time. Starting another ends the one before. */
export interface Deadline {
  /** Tells its owner when `ms` pass without `touch`. More than setTimeout can count sets no limit. */
  start(ms: number): void;
  /** Something happened: the time runs from here, or from `atMs` on the deadline's clock. Costs no timer. */
  touch(atMs?: number): void;
  stop(): void;
}

const longestTimeoutMs = 2 ** 31 - 1;

class TouchedDeadline implements Deadline {
  readonly #owner: DeadlineOwner;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #lastLook: NodeJS.Immediate | undefined;
  #limitMs = 0;
  #lastAt = 0;
  /** When the timer looks, in whole milliseconds of the clock. */
  #lookAt = 0;

  constructor(owner: DeadlineOwner, now: () => number) {
    this.#owner = owner;
    this.#now = now;
  }
  start(ms: number): void {
    if (ms > longestTimeoutMs) return this.stop();
    clearImmediate(this.#lastLook);
    this.#limitMs = ms;
    this.#lastAt = this.#now();
    // A timer that is due before that looks again: a request has one limit after another, and one timer for most of them.
    if (this.#timer === undefined || this.#lookAt > this.#lastAt + ms) this.#arm(ms);
  }
  touch(atMs: number = this.#now()): void {
    this.#lastAt = atMs;
  }
  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#lastLook);
    this.#timer = this.#lastLook = undefined;
  }
  #arm(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#lookAt = Math.ceil(this.#now() + delayMs);
    this.#timer = setTimeout(look, Math.ceil(delayMs), this);
  }
  #restMs(): number {
    return this.#lastAt + this.#limitMs - this.#now();
  }
  look(): void {
    this.#timer = undefined;
    if (this.#restMs() > 0.5) return this.#arm(this.#restMs());
    // A program that was busy for so long finds its timers first and what came meanwhile after them.
    this.#lastLook = setImmediate(() => {
      if (this.#restMs() > 0.5) this.#arm(this.#restMs());
      else this.#owner.expired(this);
    });
  }
}

// One function for all timers.
const look = (deadline: TouchedDeadline): void => deadline.look();

const sinceStart = (): number => performance.now();

/** A limit that many events may prolong: the timer looks at the last event when it fires, instead of being set anew. */
export function createDeadline(owner: DeadlineOwner, now: () => number = sinceStart): Deadline {
  return new TouchedDeadline(owner, now);
}

/** The time limits of one exchange: one for each of its phases, and one for its events while its body is read. */
export interface ExchangeClocks {
  /** The limit of this phase holds from here on, in the place of the one before. */
  start(phase: TimedPhase): void;
  stop(): void;
  /** A byte came, at this moment of the clock. */
  touch(atMs: number): void;
  /** An event came. */
  touchContent(): void;
}

/** What may take too long: a connection, the response headers, the next byte. */
export type TimedPhase = 'connecting' | 'sent' | 'streaming';

/** Who is told that a limit was passed. */
export interface ExchangeClocksObserver {
  onTimeout(code: HttpStreamErrorCode, message: string, timeoutMs: number): void;
}

type Limits = Pick<
  ResolvedEventStreamOptions,
  'connectTimeoutMs' | 'headersTimeoutMs' | 'idleTimeoutMs' | 'contentIdleTimeoutMs'
>;

const phases = {
  connecting: { limit: 'connectTimeoutMs', code: 'connect-timeout', what: 'no connection was made' },
  sent: { limit: 'headersTimeoutMs', code: 'headers-timeout', what: 'no response headers came' },
  streaming: { limit: 'idleTimeoutMs', code: 'idle-timeout', what: 'no byte came' },
  content: { limit: 'contentIdleTimeoutMs', code: 'content-idle-timeout', what: 'no event came' },
} as const;

class PhaseClocks implements ExchangeClocks, DeadlineOwner {
  readonly #limits: Limits;
  readonly #observer: ExchangeClocksObserver;
  readonly #deadline: Deadline;
  readonly #content: Deadline | undefined;
  #phase: TimedPhase = 'connecting';

  constructor(limits: Limits, clock: () => number, observer: ExchangeClocksObserver) {
    this.#limits = limits;
    this.#observer = observer;
    this.#deadline = createDeadline(this, clock);
    this.#content = limits.contentIdleTimeoutMs === Infinity ? undefined : createDeadline(this, clock);
  }
  start(phase: TimedPhase): void {
    this.#phase = phase;
    this.#deadline.start(this.#limits[phases[phase].limit]);
    if (phase === 'streaming') this.#content?.start(this.#limits.contentIdleTimeoutMs);
  }
  stop(): void {
    this.#deadline.stop();
    this.#content?.stop();
  }
  touch(atMs: number): void {
    this.#deadline.touch(atMs);
  }
  touchContent(): void {
    this.#content?.touch();
  }
  expired(deadline: Deadline): void {
    const { limit, code, what } = phases[deadline === this.#content ? 'content' : this.#phase];
    const timeoutMs = this.#limits[limit];
    this.#observer.onTimeout(code, `${what} within ${timeoutMs} ms`, timeoutMs);
  }
}

/** Nothing runs before `start`. Each limit tells its own code when it expires. */
export function createExchangeClocks(
  limits: Limits,
  clock: () => number,
  observer: ExchangeClocksObserver,
): ExchangeClocks {
  return new PhaseClocks(limits, clock, observer);
}
