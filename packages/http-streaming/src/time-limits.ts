import type { HttpStreamErrorCode } from './errors.ts';
import type { ResolvedEventStreamOptions } from './options.ts';

/** Receives the expiry of a limit. An object, because each stream would hold a function for each of its limits. */
export interface DeadlineObserver {
  onExpired(deadline: Deadline): void;
}

/** The longest time that setTimeout can count: past it, it fires at once. */
export const longestTimeoutMs = 2 ** 31 - 1;

/**
 * One time limit at a time, which many events may prolong: the timer looks at the last event when it fires, instead of
 * being set again for each.
 */
export class Deadline {
  readonly #observer: DeadlineObserver;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  #lastLook: NodeJS.Immediate | undefined;
  #limitMs = 0;
  #lastAt = 0;
  /** When the timer looks, in whole milliseconds of the clock. */
  #lookAt = 0;

  constructor(observer: DeadlineObserver, now: () => number = sinceStart) {
    this.#observer = observer;
    this.#now = now;
  }

  /**
   * Reports when `ms` pass from now, or from `fromMs` on the deadline's clock, without `touch`; ends the limit before.
   * More than setTimeout can count sets no limit.
   */
  start(ms: number, fromMs: number = this.#now()): void {
    if (ms > longestTimeoutMs) return this.stop();
    clearImmediate(this.#lastLook);
    this.#limitMs = ms;
    this.#lastAt = fromMs;
    // A timer that is due before that looks again: a request has one limit after another, and one timer for most of them.
    if (this.#timer === undefined || this.#lookAt > fromMs + ms) this.#arm(Math.max(0, this.#restMs()));
  }

  /** The time runs from here, or from `atMs` on the deadline's clock. Costs no timer. */
  touch(atMs: number = this.#now()): void {
    this.#lastAt = atMs;
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#lastLook);
    this.#timer = this.#lastLook = undefined;
  }

  /** For the timer alone. */
  look(): void {
    this.#timer = undefined;
    if (this.#restMs() > 0.5) return this.#arm(this.#restMs());
    // After a long busy turn Node runs timers before pending I/O, so look once more in the next turn.
    this.#lastLook = setImmediate(() => {
      if (this.#restMs() > 0.5) this.#arm(this.#restMs());
      else this.#observer.onExpired(this);
    });
  }

  #arm(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#lookAt = Math.ceil(this.#now() + delayMs);
    this.#timer = setTimeout(look, Math.ceil(delayMs), this);
  }

  #restMs(): number {
    return this.#lastAt + this.#limitMs - this.#now();
  }
}

// One function for all timers.
const look = (deadline: Deadline): void => deadline.look();

const sinceStart = (): number => performance.now();

/** A part of an attempt that has a limit of its own: until a connection, the response headers, the next byte. */
export type TimedPhase = 'connecting' | 'sent' | 'streaming';

/** Receives the failure of an attempt that took too long. */
export interface TimeLimitsObserver {
  onTimeout(code: HttpStreamErrorCode, message: string, timeoutMs: number): void;
}

type Limits = Pick<
  ResolvedEventStreamOptions,
  'connectTimeoutMs' | 'headersTimeoutMs' | 'idleTimeoutMs' | 'contentIdleTimeoutMs'
>;

const phases = {
  connecting: { limit: 'connectTimeoutMs', code: 'connect-timeout', missing: 'no connection was made' },
  sent: { limit: 'headersTimeoutMs', code: 'headers-timeout', missing: 'no response headers came' },
  streaming: { limit: 'idleTimeoutMs', code: 'idle-timeout', missing: 'no byte came' },
  content: { limit: 'contentIdleTimeoutMs', code: 'content-idle-timeout', missing: 'no event came' },
} as const;

/** The time limits of one attempt: one for each of its phases, and one for its events while its body is read. */
export class TimeLimits implements DeadlineObserver {
  readonly #limits: Limits;
  readonly #clock: () => number;
  readonly #observer: TimeLimitsObserver;
  readonly #deadline: Deadline;
  /** From the first read without content on, if silence would be noticed before: most streams never need it. */
  #content: Deadline | undefined;
  #contentAt = 0;
  #phase: TimedPhase = 'connecting';
  #isReading = false;

  constructor(limits: Limits, clock: () => number, observer: TimeLimitsObserver) {
    this.#limits = limits;
    this.#clock = clock;
    this.#observer = observer;
    this.#deadline = new Deadline(this, clock);
  }

  /** Starts the limit of this phase in the place of the one before. */
  start(phase: TimedPhase): void {
    this.#phase = phase;
    this.#deadline.start(this.#limits[phases[phase].limit]);
    if (phase !== 'streaming') return;
    const { contentIdleTimeoutMs, idleTimeoutMs } = this.#limits;
    this.#isReading = true;
    this.#contentAt = this.#clock();
    if (this.#content !== undefined || contentIdleTimeoutMs < idleTimeoutMs) this.#startContent();
  }

  stop(): void {
    this.#isReading = false;
    this.#deadline.stop();
    this.#content?.stop();
  }

  /** A byte came at this moment of the clock. */
  touch(atMs: number): void {
    this.#deadline.touch(atMs);
  }

  /** A read was parsed at this moment of the clock; `isContent` if it held an event or a piece of one. */
  touchContent(isContent: boolean, atMs: number): void {
    if (isContent) {
      this.#contentAt = atMs;
      this.#content?.touch(atMs);
    } else if (this.#content === undefined && this.#isReading) this.#startContent();
  }

  onExpired(deadline: Deadline): void {
    const { limit, code, missing } = phases[deadline === this.#content ? 'content' : this.#phase];
    const timeoutMs = this.#limits[limit];
    this.#observer.onTimeout(code, `${missing} within ${timeoutMs} ms`, timeoutMs);
  }

  #startContent(): void {
    const { contentIdleTimeoutMs } = this.#limits;
    if (contentIdleTimeoutMs === Infinity) return;
    this.#content ??= new Deadline(this, this.#clock);
    this.#content.start(contentIdleTimeoutMs, this.#contentAt);
  }
}
