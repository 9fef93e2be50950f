import type { EmulatorRequest } from '@gemini/emulator';
import { isLoopbackHost } from '@gemini/http-streaming';
import type { MeasuredRun } from './measured-run.ts';

/** The record of a request in an emulator of another process. */
export type EmulatorRecord = Pick<
  EmulatorRequest,
  'id' | 'path' | 'receivedAt' | 'writes' | 'writesCount' | 'closedAt' | 'closedBy'
>;

/** The response header with the emulator's id of the request. */
export const emulatorHeader = 'x-emulator-request';

/** The time for an emulator to answer: enough for a local server. */
const patienceMs = 2_000;

/**
 * Returns the record of a request by its id, from the emulator at a URL or behind the proxy at that URL. Returns
 * `undefined` without an emulator.
 */
export async function fetchEmulatorRequest(url: URL, id: string): Promise<EmulatorRecord | undefined> {
  for (const inspection of inspectionUrls(url)) {
    const record = await fetchJson(`${inspection}/${encodeURIComponent(id)}`);
    if (isRecord(record) && record.id === id) return record;
  }
  return undefined;
}

/** Returns the record of the last call since a time, in epoch milliseconds. Only of this machine, which has our clock. */
export async function fetchLastEmulatorRequest(url: URL, since: number): Promise<EmulatorRecord | undefined> {
  if (!isLoopbackHost(url.hostname)) return undefined;
  for (const inspection of inspectionUrls(url)) {
    const { requests } = ((await fetchJson(inspection)) ?? {}) as { readonly requests?: unknown };
    const records = Array.isArray(requests) ? requests.filter(isRecord) : [];
    const last = records.findLast(
      (record) => record.receivedAt >= since && record.path.includes(':streamGenerateContent'),
    );
    if (last !== undefined) return last;
  }
  return undefined;
}

// Any server may have answered.
function isRecord(value: unknown): value is EmulatorRecord {
  const { id, path, writes } = (value ?? {}) as Partial<EmulatorRecord>;
  return typeof id === 'string' && typeof path === 'string' && Array.isArray(writes);
}

/** Returns where the records may be: at the origin, or under the prefix that a proxy removes. */
function inspectionUrls(url: URL): string[] {
  const prefix = /^(.*?)\/(?:v1|v1beta|v1alpha|v1beta1)\//.exec(url.pathname)?.[1] ?? url.pathname.replace(/\/$/, '');
  return [...new Set([`${url.origin}/__emulator/requests`, `${url.origin}${prefix}/__emulator/requests`])];
}

async function fetchJson(url: string): Promise<unknown> {
  try {
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(patienceMs) });
    return answer.ok ? await answer.json() : undefined;
  } catch {
    // Without an emulator there is no record.
    return undefined;
  }
}

/** The times in an emulator's record: its own `EmulatorRequest`, or the same as JSON. */
interface SentRecord {
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly writes: readonly { readonly atMs: number }[];
  readonly writesCount: number;
}

/** The clocks of two processes agree to about this. An event cannot arrive before it is sent. */
const clockToleranceMs = 1;

/**
 * Returns a run with the times at which its server wrote the events. Returns it unchanged if the record does not fit: the
 * server wrote more or fewer pieces than there were events, or its clock differs. Pure.
 */
export function withSentTimes<Run extends MeasuredRun>(run: Run, record: SentRecord | undefined): Run {
  if (record === undefined || record.writesCount !== run.events.length) return run;
  const sent = record.writes.map(({ atMs }) => atMs - run.startedAt);
  const events = run.events.map((event, index) => ({ ...event, sentMs: sent[index] }));
  const agrees = events.every(
    ({ sentMs, arrivedMs }) => sentMs !== undefined && sentMs >= 0 && sentMs <= arrivedMs + clockToleranceMs,
  );
  return agrees ? { ...run, events } : run;
}
