import { setTimeout as wait } from 'node:timers/promises';
import { emulatorHeader, fetchEmulatorRequest, fetchLastEmulatorRequest } from '../timing/emulator-log.ts';
import type { EmulatorRecord } from '../timing/emulator-log.ts';
import { measureEventStream, type MeasuredExchange, type MeasureLimits } from '../timing/measure-event-stream.ts';
import { milliseconds } from '../timing/milliseconds.ts';
import type { DoctorTarget } from './doctor-target.ts';
import type { Finding } from './finding.ts';

/** How long a server has to see that we left. */
const patienceMs = 5_000;
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
  if (first.response?.headers[emulatorHeader] === undefined) return unknown(left);
  const id = left.response?.headers[emulatorHeader];
  const ask = (): Promise<EmulatorRecord | undefined> =>
    id === undefined ? fetchLastEmulatorRequest(url, left.startedAt) : fetchEmulatorRequest(url, id);
  let record = await ask();
  while (record !== undefined && record.closedAt === undefined && Date.now() - leftAt < patienceMs) {
    await wait(pollMs);
    record = await ask();
  }
  return record === undefined ? unknown(left) : leavingOf(record, leftAt);
}

const base = { name: 'leaving', label: 'Leaving early' } as const;

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
      ...base,
      tone: 'bad',
      finding: `the server still generates ${milliseconds(patienceMs)} after we left`,
      cure: 'Let whoever stands between close its upstream when the client leaves (nginx: proxy_ignore_client_abort off).',
    };
  }
  if (closedBy === 'client') {
    const afterMs = closedAt - leftAt;
    const when = afterMs < 1 ? 'at once' : `${milliseconds(afterMs)} later`;
    return { ...base, tone: 'good', finding: `the server saw it ${when} and stopped` };
  }
  if (closedAt - leftAt < overAnywayMs) {
    return { ...base, tone: 'unknown', finding: 'the answer was over before the server could see that we left' };
  }
  return {
    ...base,
    tone: 'bad',
    finding: 'the server went on to the end: that we left did not reach it',
    cure: 'Let whoever stands between close its upstream when the client leaves, or what nobody reads is billed.',
  };
}

function unknown({ end }: MeasuredExchange): Finding {
  const told =
    end.status === 'stopped'
      ? 'we closed our connection in the middle; whether the server then stopped cannot be seen from here'
      : 'the answer was over before we could leave it';
  return { ...base, tone: 'unknown', finding: `${told} (gemini-stream emulate behind the same path tells)` };
}
