import { createDeadline, type Deadline, type DeadlineOwner } from './deadline.ts';
import type { HttpStreamErrorCode } from '../errors.ts';
import type { ResolvedEventStreamOptions } from '../options.ts';

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
    this.#content = limits.contentIdleTimeoutMs > 0 ? createDeadline(this, clock) : undefined;
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
