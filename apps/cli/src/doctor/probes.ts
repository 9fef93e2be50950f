import { setTimeout as wait } from 'node:timers/promises';
import {
  type EmulatorRecord,
  emulatorHeader,
  fetchEmulatorRequest,
  fetchLastEmulatorRequest,
} from '../measure/emulator-log.ts';
import { type MeasureLimits, type MeasuredExchange, measureEventStream } from '../measure/measure-event-stream.ts';
import { milliseconds } from '../measure/report-text.ts';
import { axisLabel } from '../measure/timeline.ts';
import type { Finding } from './findings.ts';
import type { DoctorTarget } from './target.ts';

/** How long a server has to notice that the client left. */
const noticeWithinMs = 5_000;
const pollMs = 50;
/** An answer that ends within this time after the client left was complete anyway. */
const overAnywayMs = 100;

/**
 * Leaves an answer in its middle and asks the server, if it is an emulator, whether it noticed. `first` is the whole
 * answer to the same request, which shows when its middle is.
 */
export async function probeLeaving({ url, request }: DoctorTarget, first: MeasuredExchange): Promise<Finding> {
  const left = await measureEventStream(request, leaveInTheMiddle(first));
  const leftAt = left.startedAt + left.endedMs;
  if (first.response?.headers[emulatorHeader] === undefined) return unknownLeaving(left);
  const id = left.response?.headers[emulatorHeader];
  const ask = (): Promise<EmulatorRecord | undefined> =>
    id === undefined ? fetchLastEmulatorRequest(url, left.startedAt) : fetchEmulatorRequest(url, id);
  let record = await ask();
  const isWaiting = (): boolean => Date.now() - leftAt < noticeWithinMs && request.signal?.aborted !== true;
  while (record !== undefined && record.closedAt === undefined && isWaiting()) {
    await wait(pollMs);
    record = await ask();
  }
  return record === undefined ? unknownLeaving(left) : leavingOf(record, leftAt);
}

const leaving = { name: 'leaving', label: 'Leaving early' } as const;

/** Returns the limit after the first event; for an answer that comes all at once, half of the wait for it. */
function leaveInTheMiddle({ events, endedMs }: MeasuredExchange): MeasureLimits {
  const firstMs = events[0]?.arrivedMs ?? endedMs;
  return firstMs > endedMs * 0.8 ? { maxMs: Math.max(1, Math.round(firstMs / 2)) } : { maxEvents: 1 };
}

/** Returns the finding for the server's record of an answer that was left. Pure. */
export function leavingOf(
  { closedAt, closedBy }: Pick<EmulatorRecord, 'closedAt' | 'closedBy'>,
  leftAt: number,
): Finding {
  if (closedAt === undefined) {
    return {
      ...leaving,
      tone: 'bad',
      finding: `the server still generates ${milliseconds(noticeWithinMs)} after we left`,
      fix: 'Let the proxy close its upstream connection when the client leaves (nginx: proxy_ignore_client_abort off).',
    };
  }
  if (closedBy === 'client') {
    const afterMs = closedAt - leftAt;
    const when = afterMs < 1 ? 'at once' : `${milliseconds(afterMs)} later`;
    return { ...leaving, tone: 'good', finding: `the server saw it ${when} and stopped` };
  }
  if (closedAt - leftAt < overAnywayMs) {
    return { ...leaving, tone: 'unknown', finding: 'the answer ended before the server could notice that we left' };
  }
  return {
    ...leaving,
    tone: 'bad',
    finding: 'the server generated the answer to its end, because the proxy did not close its connection',
    fix: 'Let the proxy close its upstream connection when the client leaves. Otherwise the unread rest of the answer is billed.',
  };
}

function unknownLeaving({ end }: MeasuredExchange): Finding {
  const finding =
    end.status === 'stopped'
      ? 'we closed the connection in the middle, but cannot see from here whether the server stopped'
      : 'the answer ended before we could leave it';
  return {
    ...leaving,
    tone: 'unknown',
    finding: `${finding} (gemini-stream emulate behind the same path would report it)`,
  };
}

const idle = { name: 'idle', label: 'Silence' } as const;

/**
 * Listens to a silent stream for `silenceMs` and reports whether the connection was cut. The emulator is asked to be
 * silent; another server is silent only when it has nothing to send.
 */
export async function probeIdle(
  { request }: DoctorTarget,
  silenceMs: number,
  first: MeasuredExchange,
): Promise<Finding> {
  const canBeSilent = first.response?.headers[emulatorHeader] !== undefined;
  const headers = canBeSilent ? { ...request.headers, 'x-emulator-scenario': silence(silenceMs) } : request.headers;
  const limits = { idleTimeoutMs: silenceMs, headersTimeoutMs: silenceMs };
  const run = await measureEventStream({ ...request, headers }, { maxMs: 2 * silenceMs + 1_000 }, limits);
  return idleOf(run, silenceMs);
}

/** Returns the finding for a stream that was listened to for `silenceMs`. Pure. */
export function idleOf({ end, events, endedMs }: MeasuredExchange, silenceMs: number): Finding {
  const limitText = axisLabel(silenceMs);
  if (end.error?.code === 'idle-timeout' || end.error?.code === 'headers-timeout') {
    return { ...idle, tone: 'good', finding: `${limitText} without a byte, and the connection stayed open` };
  }
  const lastMs = events.at(-1)?.arrivedMs ?? 0;
  const silentMs = endedMs - lastMs;
  const isCut = end.status === 'failed' || end.status === 'truncated' || events.length === 0;
  if (isCut && end.status !== 'stopped') {
    const { status = 0 } = end.error ?? {};
    const how = status >= 400 ? `the server answered ${status}` : 'the connection was cut';
    return {
      ...idle,
      tone: 'bad',
      finding: `after ${axisLabel(Math.round(silentMs))} without a byte ${how}`,
      fix: 'Raise the read time-out on the way (nginx: proxy_read_timeout), or let the server send a comment while it thinks.',
    };
  }
  const longest = axisLabel(Math.round(longestSilenceMs([...events.map(({ arrivedMs }) => arrivedMs), endedMs])));
  const finding = `the stream was never silent for ${limitText}; its longest silence, ${longest}, did not cut it`;
  return { ...idle, tone: 'unknown', finding };
}

function longestSilenceMs(timesMs: readonly number[]): number {
  let longestMs = 0;
  let lastMs = 0;
  for (const ms of timesMs) {
    longestMs = Math.max(longestMs, ms - lastMs);
    lastMs = ms;
  }
  return longestMs;
}

function silence(ms: number): string {
  // Longer than the probe listens, so that the emulator does not end the silence.
  const fault = { type: 'pause', beforeEventMs: 2 * ms + 5_000, headersFirst: true };
  return JSON.stringify({ name: 'silence', description: 'Headers, and then nothing.', steps: [{ faults: [fault] }] });
}
