import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Reply } from '../wire/reply.ts';
import { nowMs, recordWrite, type RequestRecord } from './request-log.ts';
import type { ResponseWriter } from './response-writer.ts';

/** The most that a late reply catches up. A client that reads again must not receive a burst. */
const maxCatchUpMs = 50;

/**
 * Sends a reply until its end, or until `signal` aborts because the client has left. Records each write. Calls `onStuck`
 * when a write is blocked because the client does not read.
 */
export async function playReply(
  reply: Reply,
  writer: ResponseWriter,
  record: RequestRecord,
  signal: AbortSignal,
  onStuck: () => void,
): Promise<void> {
  if (signal.aborted) return;
  const watch = new WriteWatch(onStuck);
  const isText = reply.headers['content-encoding'] === undefined;
  record.status = reply.status;
  writer.head(reply, { ...reply.headers, 'x-emulator-request': record.id });
  let dueMs = nowMs();
  for await (const step of reply.body) {
    if (signal.aborted) return;
    switch (step.type) {
      case 'wait':
        dueMs = Math.max(dueMs, nowMs() - maxCatchUpMs) + step.ms;
        await until(dueMs, signal);
        break;
      case 'head':
        writer.flushHead();
        break;
      case 'headers':
        writer.setHeaders(step.headers);
        break;
      case 'write':
        recordWrite(record, step.bytes, isText);
        await watch.during(writer.write(step.bytes));
        record.backpressured = false;
        break;
      case 'socket-write':
        recordWrite(record, step.bytes, isText);
        await watch.during(writer.socketWrite(step.bytes));
        record.backpressured = false;
        break;
      case 'hang':
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        return;
      case 'reset':
        record.closedBy = 'server';
        // Bun writes at the end of a turn, and would drop bytes that a reset follows in the same one.
        await turn();
        return writer.reset();
      case 'close':
        record.closedBy = 'server';
        return writer.close();
    }
  }
  if (signal.aborted) return;
  await writer.end();
  record.closedBy ??= 'server';
}

/** Waits until a time. A wait that is too short for a timer becomes one turn of the event loop, for other streams. */
async function until(dueMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = dueMs - nowMs();
  await (leftMs < 0.5 ? turn(undefined, { signal }) : delay(leftMs, undefined, { signal }));
}

/**
 * Detects a blocked write. A write is blocked if it is still pending after the event loop has polled the sockets once,
 * because a socket with free space would have taken it by then. At most one check is scheduled at a time.
 */
class WriteWatch {
  readonly #onStuck: () => void;
  #writesCount = 0;
  #isPending = false;
  #isLooking = false;

  constructor(onStuck: () => void) {
    this.#onStuck = onStuck;
  }

  async during(write: Promise<void>): Promise<void> {
    this.#writesCount += 1;
    this.#isPending = true;
    if (!this.#isLooking) this.#lookLater(undefined);
    await write;
    this.#isPending = false;
  }

  /** Schedules a check. `seen` is the number of the write that was pending at the check before. */
  #lookLater(seen: number | undefined): void {
    this.#isLooking = true;
    setImmediate(() => {
      this.#isLooking = false;
      if (!this.#isPending) return;
      if (seen === this.#writesCount) this.#onStuck();
      else this.#lookLater(this.#writesCount);
    });
  }
}
