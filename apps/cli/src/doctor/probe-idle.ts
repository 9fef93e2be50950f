import { emulatorHeader } from '../timing/emulator-log.ts';
import { measureEventStream, type MeasuredExchange } from '../timing/measure-event-stream.ts';
import { axisLabel } from '../timing/time-axis.ts';
import type { DoctorTarget } from './doctor-target.ts';
import type { Finding } from './finding.ts';

const base = { name: 'idle', label: 'Silence' } as const;

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
    return { ...base, tone: 'good', finding: `${asked} without a byte, and nobody cut the connection` };
  }
  const lastMs = events.at(-1)?.arrivedMs ?? 0;
  const silentMs = endedMs - lastMs;
  const isCut = end.status === 'failed' || end.status === 'truncated' || events.length === 0;
  if (isCut && end.status !== 'stopped') {
    const { status = 0 } = end.error ?? {};
    const how = status >= 400 ? `answered ${status}` : 'cut the connection';
    return {
      ...base,
      tone: 'bad',
      finding: `after ${axisLabel(Math.round(silentMs))} without a byte somebody ${how}`,
      cure: 'Raise the read time-out on the way (nginx: proxy_read_timeout), or let the server send a comment while it thinks.',
    };
  }
  const longest = axisLabel(Math.round(longestSilenceMs([...events.map(({ arrivedMs }) => arrivedMs), endedMs])));
  const finding = `the stream was never silent for ${asked}; its longest silence, ${longest}, was left alone`;
  return { ...base, tone: 'unknown', finding };
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
