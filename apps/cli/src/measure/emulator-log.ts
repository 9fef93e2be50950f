import type { EmulatorRequest } from '@gemini/emulator';
import { isLoopbackHost } from '@gemini/http-streaming';
import type { MeasuredRun } from './measured-run.ts';

/** What an emulator of another process remembers of a request. */
export type EmulatorRecord = Pick<
  EmulatorRequest,
  'id' | 'path' | 'receivedAt' | 'writes' | 'writesCount' | 'closedAt' | 'closedBy'
>;

/** The response header in which the emulator says under which id it remembers a request. */
export const emulatorHeader = 'x-emulator-request';

/** Longer than a local server needs, shorter than a person's patience. */
const patienceMs = 2_000;

/**
 * Asks the emulator behind a URL, or behind the proxy that stands there, what it remembers of a request by its id.
 * `undefined` where no emulator answers.
 */
export async function fetchEmulatorRequest(url: URL, id: string): Promise<EmulatorRecord | undefined> {
  for (const inspection of inspectionUrls(url)) {
    const record = await fetchJson(`${inspection}/${encodeURIComponent(id)}`);
    if (isRecord(record) && record.id === id) return record;
  }
  return undefined;
}

/** The last call that it received since then, in epoch milliseconds. Asked of this machine only, whose clock is ours. */
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

// What answers there may be any server.
function isRecord(value: unknown): value is EmulatorRecord {
  const { id, path, writes } = (value ?? {}) as Partial<EmulatorRecord>;
  return typeof id === 'string' && typeof path === 'string' && Array.isArray(writes);
}

/** At the origin, where an emulator keeps it; else under the prefix, which a proxy before it takes away. */
function inspectionUrls(url: URL): string[] {
  const prefix = /^(.*?)\/(?:v1|v1beta|v1alpha|v1beta1)\//.exec(url.pathname)?.[1] ?? url.pathname.replace(/\/$/, '');
  return [...new Set([`${url.origin}/__emulator/requests`, `${url.origin}${prefix}/__emulator/requests`])];
}

async function fetchJson(url: string): Promise<unknown> {
  try {
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(patienceMs) });
    return answer.ok ? await answer.json() : undefined;
  } catch {
    // No emulator: then nobody tells.
    return undefined;
  }
}

/** What an emulator remembers of a request, as far as times go: its own `EmulatorRequest`, or the same as JSON. */
export interface SentRecord {
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly writes: readonly { readonly atMs: number }[];
  readonly writesCount: number;
}

/** Two clocks of one machine agree about as well; an event cannot arrive before it is sent. */
const clockToleranceMs = 1;

/**
 * A run with the times at which its server wrote the events. Unchanged where the record's times belong to no event: the
 * server wrote more or fewer pieces than there were events, or its clock is another one. Pure.
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
