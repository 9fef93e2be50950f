import { createDeadline, type Deadline } from './deadline.ts';
import type { HttpStreamErrorCode } from '../errors.ts';
import type { ResolvedEventStreamOptions } from '../options.ts';

/** The time limits that hold while a body is read, and only then. */
export interface ReadClocks {
  start(): void;
  stop(): void;
  /** A byte came, at this moment of the clock. */
  touch(atMs: number): void;
  /** An event came. */
  touchContent(): void;
}

/** Who is told that a limit was passed. */
export interface ReadClocksObserver {
  expired(code: HttpStreamErrorCode, message: string, timeoutMs: number): void;
}

type ReadLimits = Pick<ResolvedEventStreamOptions, 'idleTimeoutMs' | 'contentIdleTimeoutMs'>;

class TwoClocks implements ReadClocks {
  readonly #limits: ReadLimits;
  readonly #observer: ReadClocksObserver;
  readonly #idle: Deadline;
  readonly #content: Deadline | undefined;

  constructor(limits: ReadLimits, idle: Deadline, clock: () => number, observer: ReadClocksObserver) {
    this.#limits = limits;
    this.#observer = observer;
    this.#idle = idle;
    this.#content = limits.contentIdleTimeoutMs > 0 ? createDeadline(clock) : undefined;
  }
  start(): void {
    const { idleTimeoutMs, contentIdleTimeoutMs } = this.#limits;
    this.#idle.start(idleTimeoutMs, () => {
      this.#observer.expired('idle-timeout', `no byte came within ${idleTimeoutMs} ms`, idleTimeoutMs);
    });
    this.#content?.start(contentIdleTimeoutMs, () => {
      const message = `no event came within ${contentIdleTimeoutMs} ms`;
      this.#observer.expired('content-idle-timeout', message, contentIdleTimeoutMs);
    });
  }
  stop(): void {
    this.#idle.stop();
    this.#content?.stop();
  }
  touch(atMs: number): void {
    this.#idle.touch(atMs);
  }
  touchContent(): void {
    this.#content?.touch();
  }
}

/** Neither of the two runs before `start`; each tells its own code when it expires. `idle` is theirs from then on. */
export function createReadClocks(
  limits: ReadLimits,
  idle: Deadline,
  clock: () => number,
  observer: ReadClocksObserver,
): ReadClocks {
  return new TwoClocks(limits, idle, clock, observer);
}
