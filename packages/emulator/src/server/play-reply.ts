import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { Reply } from '../wire/reply.ts';
import { nowMs, recordWrite, type RequestRecord } from './emulator-request.ts';
import type { ResponseWriter } from './response-writer.ts';

/** A pace that fell behind catches up by no more than this, so that a stalled reader is not met by a flood. */
const mostCatchUpMs = 50;

/** Plays a reply to its end, or until `signal` says that the client has left. Notes what it does in the record. */
export async function playReply(
  reply: Reply,
  writer: ResponseWriter,
  record: RequestRecord,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const isText = reply.headers['content-encoding'] === undefined;
  record.status = reply.status;
  writer.head(reply, { ...reply.headers, 'x-emulator-request': record.id });
  let dueMs = nowMs();
  for await (const step of reply.body) {
    if (signal.aborted) return;
    switch (step.type) {
      case 'wait':
        dueMs = Math.max(dueMs, nowMs() - mostCatchUpMs) + step.ms;
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
        record.backpressured = true;
        await writer.write(step.bytes);
        record.backpressured = false;
        break;
      case 'socket-write':
        recordWrite(record, step.bytes, isText);
        await writer.socketWrite(step.bytes);
        break;
      case 'hang':
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        return;
      case 'reset':
        record.closedBy = 'server';
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

/** A timer waits a millisecond at least: what is due sooner waits for the next turn, so that other streams run. */
async function until(dueMs: number, signal: AbortSignal): Promise<void> {
  const leftMs = dueMs - nowMs();
  await (leftMs < 0.5 ? turn(undefined, { signal }) : delay(leftMs, undefined, { signal }));
}
