import { isLoopbackHost } from '@gemini/http-streaming';
import { analyseRuns } from '../measure/analysis.ts';
import type { MeasuredExchange, MeasuredResponse } from '../measure/measure-event-stream.ts';
import { milliseconds } from '../measure/report-text.ts';
import type { ReportFinding, Tone } from '../report/report.ts';
import { fixFor } from './diagnose.ts';

/** One fact about a path beside the stream itself. Its texts may quote a server. */
export interface Finding extends ReportFinding {
  readonly name: 'compression' | 'keep-alive' | 'leaving' | 'idle' | 'proxy' | 'on-the-way';
}

/** Reports whether requests for a URL go through a proxy of the environment. Pure. */
export function environmentProxy(url: URL, env: NodeJS.ProcessEnv): Finding {
  const base = { name: 'proxy', label: 'Environment proxy' } as const;
  const scheme = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const named = [scheme, scheme.toUpperCase()].find((name) => Boolean(env[name]));
  if (named === undefined) return { ...base, tone: 'good', finding: `none: ${scheme.toUpperCase()} is not set` };
  if (isLoopbackHost(url.hostname)) {
    return { ...base, tone: 'good', finding: `${named} is set, but loopback never goes through it` };
  }
  if (isExcluded(url, env['no_proxy'] || env['NO_PROXY'] || '')) {
    return { ...base, tone: 'good', finding: `${named} is set, but NO_PROXY leaves ${url.hostname} out` };
  }
  return {
    ...base,
    tone: 'unknown',
    finding: `every request goes through ${hostOf(env[named] ?? '')} (${named})`,
    fix: `To see the path without it: NO_PROXY=${url.hostname} gemini-stream doctor …`,
  };
}

/** Returns the host of a proxy, without its user name and password. */
function hostOf(proxy: string): string {
  return URL.canParse(proxy) ? new URL(proxy).host : 'an invalid URL';
}

function isExcluded({ hostname, port, protocol }: URL, list: string): boolean {
  const at = `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => entry.toLowerCase().replace(/^\*?\./, ''))
    .some((entry) => entry === '*' || [hostname, at].some((name) => name === entry || name.endsWith(`.${entry}`)));
}

const intermediaryHeaders = [
  'server',
  'via',
  'x-powered-by',
  'x-cache',
  'x-served-by',
  'cf-ray',
  'x-amz-cf-id',
  'x-amzn-requestid',
  'x-vercel-id',
  'fly-request-id',
  'x-envoy-upstream-service-time',
  'x-accel-buffering',
  'cache-control',
] as const;

/** Reports the servers, gateways and caches that name themselves in the headers of a response. Pure. */
export function intermediaries({ headers }: MeasuredResponse): Finding {
  const named = intermediaryHeaders.flatMap((name) =>
    headers[name] === undefined ? [] : [`${name}: ${headers[name]}`],
  );
  const finding = named.length === 0 ? 'the headers name no server or gateway' : named.join(' · ');
  return { name: 'on-the-way', label: 'On the way', tone: 'unknown', finding };
}

/** Reports whether the second request used the connection of the first answer. Pure. */
export function keepAlive({ response, end }: MeasuredExchange, isReused: boolean | undefined): Finding {
  const base = { name: 'keep-alive', label: 'Keep-alive' } as const;
  if (isReused === undefined) return { ...base, tone: 'unknown', finding: 'the second request was not sent' };
  if (end.status !== 'completed') {
    return { ...base, tone: 'unknown', finding: 'the first answer did not end by itself, so its connection was gone' };
  }
  if (isReused) return { ...base, tone: 'good', finding: 'the second request went over the same connection' };
  const closes = response?.bodyEnd === 'close' || /\bclose\b/i.test(response?.headers['connection'] ?? '');
  return {
    ...base,
    tone: 'bad',
    finding: closes
      ? 'the server closes the connection after each answer, so each prompt waits for a new one'
      : 'the second request needed a new connection, although the first one was not closed by the server',
    fix: 'Let the server answer in HTTP/1.1 with a chunked body and without connection: close.',
  };
}

/** Reports whether an answer is compressed, without gzip offered and with it, and whether it is still live then. Pure. */
export function compression(plain: MeasuredExchange, offered: MeasuredExchange): Finding {
  const base = { name: 'compression', label: 'Compression' } as const;
  const plainCoding = codingOf(plain);
  const offeredCoding = codingOf(offered);
  if (offered.end.status === 'failed') {
    return {
      ...base,
      tone: 'bad',
      finding: `the request that offered gzip failed: ${offered.end.error?.message ?? ''}`,
    };
  }
  if (offeredCoding === undefined)
    return { ...base, tone: 'good', finding: 'the response is not compressed, even if gzip is offered' };
  const coding =
    plainCoding === undefined
      ? `${offeredCoding} if it is offered, as browsers do`
      : `${plainCoding} without being asked`;
  const { kind } = offered.verdict;
  if (kind === 'live') return { ...base, tone: 'good', finding: `${coding}; flushed after each event, so still live` };
  if (kind === 'inconclusive')
    return { ...base, tone: 'unknown', finding: `${coding}; the answer was too short for a verdict` };
  if (kind === 'bursty') return { ...base, tone: 'unknown', finding: `${coding}; then the answer comes in bursts` };
  return {
    ...base,
    tone: 'bad',
    finding: `${coding}; then the answer is ${kind}`,
    fix: fixFor('compression', offered.response),
  };
}

/** Returns the content encoding of an answer, or `undefined` if it has none. */
export function codingOf({ response }: MeasuredExchange): string | undefined {
  const coding = response?.headers['content-encoding']?.trim().toLowerCase();
  return coding === '' || coding === 'identity' ? undefined : coding;
}

/** Two paths to one answer, side by side. */
export interface Comparison {
  readonly tone: Tone;
  /** Which of the paths delays the stream, as far as the answers show it. */
  readonly conclusion: string;
  /** Figures of both, side by side: name, this path, the other path. */
  readonly rows: readonly (readonly [name: string, here: string, there: string])[];
}

/** Compares a path with another path to the same server. Pure. */
export function comparePaths(here: MeasuredExchange, there: MeasuredExchange): Comparison {
  const facts: readonly (readonly [string, (run: MeasuredExchange) => string])[] = [
    ['verdict', ({ verdict }) => verdict.kind],
    ['events', ({ events }) => String(events.length)],
    ['first event', ({ events }) => timeText(events[0]?.arrivedMs)],
    ['interval p50', (run) => timeText(analyseRuns([run]).interval?.p50Ms)],
    ['longest interval', (run) => timeText(analyseRuns([run]).interval?.longestMs)],
    ['whole answer', ({ endedMs }) => timeText(endedMs)],
    ['compressed', (run) => codingOf(run) ?? 'no'],
    ['server', ({ response }) => response?.headers['server'] ?? 'not named'],
  ];
  return { ...conclude(here, there), rows: facts.map(([name, of]) => [name, of(here), of(there)]) };
}

function conclude(here: MeasuredExchange, there: MeasuredExchange): Pick<Comparison, 'tone' | 'conclusion'> {
  if (here.events.length === 0) return { tone: 'unknown', conclusion: 'this path sent no event to compare' };
  if (there.events.length === 0) return { tone: 'unknown', conclusion: 'the other path sent no event to compare' };
  const [kind, otherKind] = [here.verdict.kind, there.verdict.kind];
  if (kind === 'inconclusive' || otherKind === 'inconclusive') {
    return { tone: 'unknown', conclusion: 'the answer was too short to compare: ask for a longer one' };
  }
  if (kind === 'live' && otherKind === 'live') return { tone: 'good', conclusion: 'both paths are live' };
  if (kind === 'live') {
    return { tone: 'bad', conclusion: `the other path is ${otherKind}: a part of that path alone delays it` };
  }
  if (otherKind === 'live') {
    return { tone: 'bad', conclusion: 'the other path is live: a part of this path alone delays the answer' };
  }
  return { tone: 'bad', conclusion: 'neither is live: look at the server, or at what both paths share' };
}

function timeText(ms: number | undefined): string {
  return ms === undefined ? '–' : milliseconds(ms);
}
