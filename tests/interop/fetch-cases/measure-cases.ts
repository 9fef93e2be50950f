import { createStreamingFetch } from '@gemini/fetch';
import { setTimeout as sleep } from 'node:timers/promises';
import { judge, type Judgement, type Outcome, type Pieces, type SdkCase, wordsOf } from './sdk-case.ts';
import { sdkKey, type SdkRunner } from './sdk-runners.ts';

/** A server that does one thing, and tells what it saw. */
export interface CaseServer extends AsyncDisposable {
  readonly url: string;
  requests(): readonly { readonly path: string; readonly atMs: number; readonly closedAtMs?: number | undefined }[];
}

/** One row of the table. */
export interface CaseResult extends Judgement {
  readonly name: string;
  readonly outcome: Outcome;
}

/** How many cases run at a time: nearly all of them wait. */
const together = 12;

const limitMs = 3_000;

/** The fetch under test: its defaults, with the limits of the table, so that it runs in minutes. */
export const fetchOfCases = (): typeof fetch =>
  createStreamingFetch({
    connectTimeoutMs: limitMs,
    headersTimeoutMs: limitMs,
    idleTimeoutMs: limitMs,
    contentIdleTimeoutMs: limitMs,
    unreadTimeoutMs: limitMs,
    maxEventBytes: 4 * 1024 * 1024,
  });

/** Runs every case with one SDK, alone or over our fetch. */
export async function measureCases<Server>(
  cases: readonly SdkCase<Server>[],
  serve: (server: Server) => Promise<CaseServer>,
  run: SdkRunner,
  { fetch, pieces }: { readonly fetch: typeof globalThis.fetch | undefined; readonly pieces: Pieces },
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  const waiting = cases.entries();
  const work = async (): Promise<void> => {
    for (const [index, each] of waiting) {
      await using server = await serve(each.server);
      const outcome = await measure(each, server, run, fetch);
      results[index] = { name: each.name, outcome, ...judge(outcome, each.expected, pieces) };
    }
  };
  await Promise.all(Array.from({ length: together }, work));
  return results;
}

async function measure(
  { expected, hangMs = 10_000 }: SdkCase<unknown>,
  server: CaseServer,
  run: SdkRunner,
  fetch: typeof globalThis.fetch | undefined,
): Promise<Outcome> {
  const { url: baseUrl } = server;
  const abort = new AbortController();
  const signs: string[] = [];
  let text = '';
  let leftAtMs: number | undefined;
  const how = expected.type === 'left' ? expected.how : undefined;
  const onText = (more: string): boolean => {
    text += more;
    if (text === '' || how === undefined || leftAtMs !== undefined) return true;
    leftAtMs = performance.timeOrigin + performance.now();
    if (how === 'abort') abort.abort(new Error('the user left'));
    return how === 'abort';
  };
  const hung = new AbortController();
  const running = run({ baseUrl, fetch, signal: abort.signal, onText, onSign: (sign) => void signs.push(sign) }).then(
    () => ({ isHung: false, error: undefined }),
    (error: unknown) => ({ isHung: false, error: error ?? new Error('nothing was thrown') }),
  );
  const timeLimit = sleep(hangMs, { isHung: true, error: undefined }, { signal: hung.signal });
  timeLimit.catch(() => {});
  const { isHung, error } = await Promise.race([running, timeLimit]);
  hung.abort();
  const closedAfterMs = leftAtMs === undefined ? undefined : await closedAfter(server, leftAtMs);
  const hasKey = wordsOf(error).includes(sdkKey);
  const requests = server.requests();
  abort.abort();
  return { text, signs, error, hasKey, isHung, requests, closedAfterMs };
}

/** The longest that a caller's leaving is waited for: more than our limit for a body that is not read. */
const longestLeavingMs = 6_000;

async function closedAfter(server: CaseServer, leftAtMs: number): Promise<number | undefined> {
  for (let waitedMs = 0; waitedMs < longestLeavingMs; waitedMs += 20) {
    const [request] = server.requests();
    if (request?.closedAtMs !== undefined) return Math.max(0, request.closedAtMs - leftAtMs);
    await sleep(20);
  }
  return undefined;
}
