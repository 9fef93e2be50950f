import { isLoopbackHost } from '@gemini/http-streaming';
import type { MeasuredRun } from './measured-run.ts';
import type { SentRecord } from './sent-times.ts';

/** Longer than a local server needs, shorter than a person's patience. */
const patienceMs = 2_000;

/**
 * What an emulator of another process remembers of the last request that it received since a run began; `undefined`
 * where no emulator answers. Asked of this machine only: another one's clock would tell nothing.
 */
export async function fetchSentRecord(
  baseUrl: string | undefined,
  { startedAt }: Pick<MeasuredRun, 'startedAt'>,
): Promise<SentRecord | undefined> {
  if (baseUrl === undefined || !URL.canParse(baseUrl) || !isLoopbackHost(new URL(baseUrl).hostname)) return undefined;
  try {
    const answer = await fetch(new URL('/__emulator/requests', baseUrl), { signal: AbortSignal.timeout(patienceMs) });
    const { requests } = (await answer.json()) as { readonly requests: readonly SentRecord[] };
    return requests.findLast(({ receivedAt }) => receivedAt >= startedAt);
  } catch {
    // No emulator: then nobody tells.
    return undefined;
  }
}
