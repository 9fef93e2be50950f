import type { DeliveryVerdict } from '@gemini/http-streaming';
import type { MeasuredExchange, MeasuredResponse } from '../measure/measure-event-stream.ts';
import { counted } from '../measure/report-text.ts';
import { axisLabel } from '../measure/timeline.ts';
import type { Tone } from '../report/report.ts';
import type { DoctorTarget } from './target.ts';

/** The measured answers of a path. */
export interface Examination {
  readonly target: DoctorTarget;
  /** The answer to a request that asks for no compression. */
  readonly plain: MeasuredExchange;
  /** The answer to a request that offers gzip, as browsers do. */
  readonly offered?: MeasuredExchange | undefined;
  /** Whether another path is examined too. */
  readonly isCompared?: boolean | undefined;
}

/** The problem with a connection path, and the suggested fix. */
export interface Diagnosis {
  /** Whether each event came by itself, also if gzip is offered. */
  readonly isLive: boolean;
  readonly tone: Tone;
  readonly headline: string;
  readonly explanation: string;
  /** The figures and headers that the verdict rests on. */
  readonly evidence: readonly string[];
  readonly cause?: string | undefined;
  readonly fix?: string | undefined;
}

const compareAdvice =
  'Ask the server itself too: gemini-stream doctor URL --compare DIRECT-URL shows which part of the path delays it.';

/** Returns whether a path is live and, if not, the likely cause and a fix. Pure. */
export function diagnose({ target, plain, offered, isCompared = false }: Examination): Diagnosis {
  if (plain.events.length === 0) return noStream(plain, target);
  if (plain.verdict.kind !== 'live') return held(plain, isCompared);
  if (offered?.verdict.cause === 'compression') {
    return {
      ...held(offered, isCompared),
      headline: `Live, but ${offered.verdict.kind} for clients that offer gzip`,
      explanation:
        'Without compression each event arrives by itself. Browsers and most HTTP clients offer gzip, and for them the answer is late.',
    };
  }
  return {
    isLive: true,
    tone: 'good',
    headline: 'This path is live',
    explanation: `Each event arrived by itself when it was generated, the first after ${firstTime(plain)}.`,
    evidence: evidenceOf(plain),
  };
}

function held(exchange: MeasuredExchange, isCompared: boolean): Diagnosis {
  const { verdict, response } = exchange;
  // Whole pages are the sign of a proxy's buffer. Without them, events that are cut are.
  const cause = verdict.cause ?? (verdict.kind === 'partial' ? 'proxy-buffer' : undefined);
  const summary = lateDelivery(exchange);
  const known = cause === undefined ? {} : { cause: causeText(cause), fix: fixFor(cause, response) };
  const fix = summary.fix ?? (isCompared ? undefined : compareAdvice);
  return { isLive: false, ...summary, evidence: evidenceOf(exchange), fix, ...known };
}

type Summary = Pick<Diagnosis, 'tone' | 'headline' | 'explanation' | 'fix'>;

function lateDelivery(exchange: MeasuredExchange): Summary {
  const { kind, largestShare, events } = exchange.verdict;
  switch (kind) {
    case 'buffered':
      return {
        tone: 'bad',
        headline: 'Buffered: everything arrived at once',
        explanation: `Nothing arrived for ${firstTime(exchange)}, and then ${percent(largestShare)} of the events together.`,
      };
    case 'partial':
      return {
        tone: 'bad',
        headline: 'Delayed: events arrive in pieces',
        explanation:
          'The chunks end in the middle of events, as they do behind a byte buffer that is sent when it is full.',
      };
    case 'bursty':
      return {
        tone: 'unknown',
        headline: 'In bursts: several events at a time',
        explanation:
          'The chunks end between events. A server with this rhythm looks the same from here as a timer in a proxy.',
      };
    case 'live':
    case 'inconclusive':
      return {
        tone: 'unknown',
        headline: 'Too short for a verdict',
        explanation: `${counted(events, 'event')}: too few, or within too short a time, to distinguish live from buffered.`,
        fix: 'Ask for a longer answer: gemini-stream doctor URL "Explain … in 500 words"',
      };
  }
}

function firstTime({ events }: MeasuredExchange): string {
  return axisLabel(events[0]?.arrivedMs ?? 0);
}

function noStream(exchange: MeasuredExchange, target: DoctorTarget): Diagnosis {
  const { end, response } = exchange;
  return {
    isLive: false,
    tone: 'bad',
    headline: response === undefined ? 'No response' : 'No event arrived',
    explanation: end.error?.message ?? 'The stream ended without an event.',
    evidence: evidenceOf(exchange),
    fix: target.isGemini ? refusalFix(response?.status ?? 0, target.isKeySent) : undefined,
  };
}

function refusalFix(status: number, isKeySent: boolean): string | undefined {
  if (status === 404) return 'Is this a Gemini endpoint? For another event stream use --get, or --data for a POST.';
  const isRefused = status === 400 || status === 401 || status === 403;
  return isRefused && !isKeySent
    ? 'No key was sent, because this is not a server of Google. --send-key sends it.'
    : undefined;
}

type DeliveryCause = NonNullable<DeliveryVerdict['cause']>;

interface CauseAndFix {
  /** The component that delays the stream, and the sign of it. */
  readonly cause: string;
  /** One line that fixes it, by the software that names itself in `server`. */
  readonly fix: { readonly nginx?: string; readonly any: string };
}

const fixes: Readonly<Record<DeliveryCause, CauseAndFix>> = {
  'proxy-buffer': {
    cause: "a proxy's buffer, which is sent when it is full",
    fix: {
      nginx: 'nginx: proxy_http_version 1.1; (or proxy_buffering off;), or let the server answer X-Accel-Buffering: no',
      any: 'Turn off response buffering in the proxy (nginx: proxy_http_version 1.1), or let the server answer X-Accel-Buffering: no.',
    },
  },
  compression: {
    cause: 'a compressor that is not flushed after each event',
    fix: {
      nginx: 'nginx: gzip off; for this location, or take text/event-stream out of gzip_types',
      any: 'Flush the compressor after each event (Node: zlib.flush() or response.flush()), or leave text/event-stream uncompressed.',
    },
  },
  'collected-body': {
    cause: 'a server or proxy collects the whole answer before it sends it: the response has a content-length',
    fix: {
      any: 'Let the server or gateway send each event when it is generated: no content-length, no middleware that reads the whole body, response streaming on.',
    },
  },
};

/** Returns the likely cause of a delayed stream in words. */
function causeText(cause: DeliveryCause): string {
  return fixes[cause].cause;
}

/** Returns one line that fixes the cause, for the software that answered. */
export function fixFor(cause: DeliveryCause, response: Pick<MeasuredResponse, 'headers'> | undefined): string {
  const { fix } = fixes[cause];
  const isNginx = /\b(?:nginx|openresty)\b/i.test(response?.headers['server'] ?? '');
  return (isNginx ? fix.nginx : undefined) ?? fix.any;
}

const evidenceHeaders = ['content-type', 'content-encoding', 'content-length', 'transfer-encoding', 'server'] as const;

/** Returns the figures and headers that a verdict rests on, one a line; none without a response. */
function evidenceOf({ verdict, response, events, endedMs, end }: MeasuredExchange): string[] {
  if (response === undefined) return [];
  const { headers, status, bodyEnd } = response;
  const facts = evidenceHeaders.flatMap((name) => (headers[name] === undefined ? [] : [`${name}: ${headers[name]}`]));
  if (verdict.cause === 'proxy-buffer') facts.push('it comes in whole pages of 4 KiB');
  if (bodyEnd === 'close') facts.push('the body ends with its connection');
  if (events.length === 0) return [`status ${status}`, ...facts];
  if (end.status === 'failed') facts.push(`then it failed: ${end.error?.message ?? ''}`);
  const deliveries = counted(verdict.deliveries, 'delivery', 'deliveries');
  return [
    `${counted(verdict.events, 'event')} in ${deliveries} over ${axisLabel(endedMs)}`,
    `${percent(verdict.largestShare)} of the events at most at once`,
    `${percent(verdict.openShare)} of the waiting inside an event`,
    `status ${status}`,
    ...facts,
  ];
}

/** Formats a share from 0 to 1. */
export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
