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

/** How long a server has to see that we left. */
const noticeWithinMs = 5_000;
const pollMs = 50;
/** An answer that ends sooner than that after we left was over anyway. */
const overAnywayMs = 100;

/**
 * Leaves an answer in its middle and asks the server, where it is one that tells, whether it saw that. `first` is the
 * whole answer to the same request: it says when its middle is.
 */
export async function probeLeaving({ url, request }: DoctorTarget, first: MeasuredExchange): Promise<Finding> {
  const left = await measureEventStream(request, leaveInTheMiddle(first));
  const leftAt = left.startedAt + left.endedMs;
  if (first.response?.headers[emulatorHeader] === undefined) return unknownLeaving(left);
  const id = left.response?.headers[emulatorHeader];
  const ask = (): Promise<EmulatorRecord | undefined> =>
    id === undefined ? fetchLastEmulatorRequest(url, left.startedAt) : fetchEmulatorRequest(url, id);
  let record = await ask();
  while (record !== undefined && record.closedAt === undefined && Date.now() - leftAt < noticeWithinMs) {
    await wait(pollMs);
    record = await ask();
  }
  return record === undefined ? unknownLeaving(left) : leavingOf(record, leftAt);
}

const leaving = { name: 'leaving', label: 'Leaving early' } as const;

/** After the first event; of an answer that comes all at once, in the middle of the wait for it. */
function leaveInTheMiddle({ events, endedMs }: MeasuredExchange): MeasureLimits {
  const firstMs = events[0]?.arrivedMs ?? endedMs;
  return firstMs > endedMs * 0.8 ? { mostMs: Math.max(1, Math.round(firstMs / 2)) } : { mostEvents: 1 };
}

/** What the server's record says of it. Pure. */
export function leavingOf(
  { closedAt, closedBy }: Pick<EmulatorRecord, 'closedAt' | 'closedBy'>,
  leftAt: number,
): Finding {
  if (closedAt === undefined) {
    return {
      ...leaving,
      tone: 'bad',
      finding: `the server still generates ${milliseconds(noticeWithinMs)} after we left`,
      cure: 'Let whoever stands between close its upstream when the client leaves (nginx: proxy_ignore_client_abort off).',
    };
  }
  if (closedBy === 'client') {
    const afterMs = closedAt - leftAt;
    const when = afterMs < 1 ? 'at once' : `${milliseconds(afterMs)} later`;
    return { ...leaving, tone: 'good', finding: `the server saw it ${when} and stopped` };
  }
  if (closedAt - leftAt < overAnywayMs) {
    return { ...leaving, tone: 'unknown', finding: 'the answer was over before the server could see that we left' };
  }
  return {
    ...leaving,
    tone: 'bad',
    finding: 'the server went on to the end: that we left did not reach it',
    cure: 'Let whoever stands between close its upstream when the client leaves, or what nobody reads is billed.',
  };
}

function unknownLeaving({ end }: MeasuredExchange): Finding {
  const told =
    end.status === 'stopped'
      ? 'we closed our connection in the middle; whether the server then stopped cannot be seen from here'
      : 'the answer was over before we could leave it';
  return { ...leaving, tone: 'unknown', finding: `${told} (gemini-stream emulate behind the same path tells)` };
}

const idle = { name: 'idle', label: 'Silence' } as const;

/**
 * Listens to a stream that says nothing, for as long as asked, and tells whether somebody cut it. The emulator is asked
 * to be silent; any other server is so only when it has nothing to say.
 */
export async function probeIdle(
  { request }: DoctorTarget,
  silenceMs: number,
  first: MeasuredExchange,
): Promise<Finding> {
  const canBeSilent = first.response?.headers[emulatorHeader] !== undefined;
  const headers = canBeSilent ? { ...request.headers, 'x-emulator-scenario': silence(silenceMs) } : request.headers;
  const limits = { idleTimeoutMs: silenceMs, headersTimeoutMs: silenceMs };
  const heard = await measureEventStream({ ...request, headers }, { mostMs: 2 * silenceMs + 1_000 }, limits);
  return idleOf(heard, silenceMs);
}

/** What became of a stream that was listened to for so long. Pure. */
export function idleOf({ end, events, endedMs }: MeasuredExchange, silenceMs: number): Finding {
  const asked = axisLabel(silenceMs);
  if (end.error?.code === 'idle-timeout' || end.error?.code === 'headers-timeout') {
    return { ...idle, tone: 'good', finding: `${asked} without a byte, and nobody cut the connection` };
  }
  const lastMs = events.at(-1)?.arrivedMs ?? 0;
  const silentMs = endedMs - lastMs;
  const isCut = end.status === 'failed' || end.status === 'truncated' || events.length === 0;
  if (isCut && end.status !== 'stopped') {
    const { status = 0 } = end.error ?? {};
    const how = status >= 400 ? `answered ${status}` : 'cut the connection';
    return {
      ...idle,
      tone: 'bad',
      finding: `after ${axisLabel(Math.round(silentMs))} without a byte somebody ${how}`,
      cure: 'Raise the read time-out on the way (nginx: proxy_read_timeout), or let the server send a comment while it thinks.',
    };
  }
  const longest = axisLabel(Math.round(longestSilenceMs([...events.map(({ arrivedMs }) => arrivedMs), endedMs])));
  const finding = `the stream was never silent for ${asked}; its longest silence, ${longest}, was left alone`;
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
  // Longer than we listen, so that the emulator is not the one who ends it.
  const fault = { type: 'pause', beforeEventMs: 2 * ms + 5_000, headersFirst: true };
  return JSON.stringify({ name: 'silence', description: 'Headers, and then nothing.', steps: [{ faults: [fault] }] });
}
