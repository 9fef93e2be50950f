import { createDeadline } from './deadline.ts';
import type { HttpStreamErrorCode } from './errors.ts';
import type { ResolvedEventStreamOptions } from './options.ts';

/** The time limits that hold while a body is read, and only then. */
export interface ReadClocks {
  start(): void;
  stop(): void;
  /** A byte came, at this moment of the clock. */
  touch(atMs: number): void;
  /** An event came. */
  touchContent(): void;
}

/** Neither of the two runs before `start`; each tells its own code when it expires. */
export function createReadClocks(
  { idleTimeoutMs, contentIdleTimeoutMs }: Pick<ResolvedEventStreamOptions, 'idleTimeoutMs' | 'contentIdleTimeoutMs'>,
  clock: () => number,
  onExpire: (code: HttpStreamErrorCode, message: string, timeoutMs: number) => void,
): ReadClocks {
  const idle = createDeadline(clock);
  const content = contentIdleTimeoutMs > 0 ? createDeadline(clock) : undefined;
  return {
    start() {
      idle.start(idleTimeoutMs, () =>
        onExpire('idle-timeout', `no byte came within ${idleTimeoutMs} ms`, idleTimeoutMs),
      );
      content?.start(contentIdleTimeoutMs, () => {
        onExpire('content-idle-timeout', `no event came within ${contentIdleTimeoutMs} ms`, contentIdleTimeoutMs);
      });
    },
    stop() {
      idle.stop();
      content?.stop();
    },
    touch: (atMs) => idle.touch(atMs),
    touchContent: () => content?.touch(),
  };
}
