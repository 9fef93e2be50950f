import type { Tone } from '../report/report.ts';
import type { MeasuredExchange } from '../timing/measure-event-stream.ts';
import { axisLabel } from '../timing/time-axis.ts';
import { causeInWords, cureFor } from './cures.ts';
import { codingOf } from './compression.ts';
import type { DoctorTarget } from './doctor-target.ts';

/** What was seen of a path. */
export interface Examination {
  readonly target: DoctorTarget;
  /** The answer to a request that asks for no compression. */
  readonly plain: MeasuredExchange;
  /** To one that offers gzip, as browsers do. */
  readonly offered?: MeasuredExchange | undefined;
  /** Another path is asked too. */
  readonly isCompared?: boolean | undefined;
}

/** What ails a path, and what helps. */
export interface Diagnosis {
  /** Each event came by itself, also where gzip is offered. */
  readonly isLive: boolean;
  readonly tone: Tone;
  readonly headline: string;
  readonly explanation: string;
  /** The figures and headers that say so. */
  readonly evidence: readonly string[];
  readonly cause?: string | undefined;
  readonly cure?: string | undefined;
}

const askBoth = 'Ask the server itself too: gemini-stream doctor URL --compare DIRECT-URL tells who holds it back.';

/** Says of a path whether it is live, and if not, who most likely holds it back and what helps. Pure. */
export function diagnose({ target, plain, offered, isCompared = false }: Examination): Diagnosis {
  if (plain.events.length === 0) return noStream(plain, target);
  if (plain.verdict.kind !== 'live') return held(plain, isCompared);
  const gzipKind = offered?.verdict.kind;
  if (offered !== undefined && codingOf(offered) !== undefined && gzipKind !== 'live' && gzipKind !== 'inconclusive') {
    return {
      ...held(offered, isCompared),
      headline: `Live, but ${gzipKind} for clients that offer gzip`,
      explanation:
        'Without compression each event comes by itself. Browsers and most HTTP clients offer gzip, and to them the answer comes late.',
    };
  }
  return {
    isLive: true,
    tone: 'good',
    headline: 'This path is live',
    explanation: `Each event came by itself, as it was made: the first after ${axisLabel(plain.events[0]?.arrivedMs ?? 0)}.`,
    evidence: evidenceOf(plain),
  };
}

function held(exchange: MeasuredExchange, isCompared: boolean): Diagnosis {
  const { verdict, response } = exchange;
  const { kind } = verdict;
  // Whole pages give a proxy's buffer away; where they do not show, events that are cut still do.
  const cause = verdict.cause ?? (kind === 'partial' ? 'proxy-buffer' : undefined);
  const known = cause === undefined ? {} : { cause: causeInWords(cause), cure: cureFor(cause, response) };
  const compareCure = isCompared ? undefined : askBoth;
  const evidence = evidenceOf(exchange);
  switch (kind) {
    case 'buffered':
      return {
        isLive: false,
        tone: 'bad',
        headline: 'Buffered: everything came at once',
        explanation: `There was nothing for ${axisLabel(exchange.events[0]?.arrivedMs ?? 0)}, and then ${percent(verdict.largestShare)} of the events together.`,
        evidence,
        cure: compareCure,
        ...known,
      };
    case 'partial':
      return {
        isLive: false,
        tone: 'bad',
        headline: 'Held back: events come in pieces',
        explanation: 'What arrives ends in the middle of events, as a byte buffer sends it that has just filled.',
        evidence,
        cure: compareCure,
        ...known,
      };
    case 'bursty':
      return {
        isLive: false,
        tone: 'unknown',
        headline: 'In bursts: several events at a time',
        explanation:
          "They are cut between events. A server's own rhythm looks like that from here, and so does a timer on the way.",
        evidence,
        cure: compareCure,
        ...known,
      };
    default:
      return {
        isLive: kind === 'live',
        tone: 'unknown',
        headline: 'Too short to tell',
        explanation: `${verdict.events} events are too few, or came within too short a time, to tell live from buffered.`,
        evidence,
        cure: 'Ask for a longer answer: gemini-stream doctor URL "Explain … in 500 words"',
        ...known,
      };
  }
}

function noStream(exchange: MeasuredExchange, { isGemini, isKeySent }: DoctorTarget): Diagnosis {
  const { end, response } = exchange;
  const status = response?.status ?? 0;
  const isRefused = isGemini && !isKeySent && (status === 400 || status === 401 || status === 403);
  return {
    isLive: false,
    tone: 'bad',
    headline: response === undefined ? 'Nobody answered' : 'No event came',
    explanation: end.error?.message ?? 'The stream ended without an event.',
    evidence: response === undefined ? [] : evidenceOf(exchange),
    cure: isRefused
      ? 'No key was sent, for this is not a server of Google: --send-key sends it.'
      : isGemini && status === 404
        ? 'Is this a Gemini endpoint? --get asks for any other event stream, --data posts to it.'
        : undefined,
  };
}

/** The figures and headers that a verdict rests on. */
function evidenceOf({ verdict, response, events, endedMs, end }: MeasuredExchange): string[] {
  const { headers = {}, status, bodyEnd } = response ?? {};
  const told = ['content-type', 'content-encoding', 'content-length', 'transfer-encoding', 'server'].flatMap((name) =>
    headers[name] === undefined ? [] : [`${name}: ${headers[name]}`],
  );
  if (verdict.cause === 'proxy-buffer') told.push('it comes in whole pages of 4 KiB');
  if (bodyEnd === 'close') told.push('the body ends with its connection');
  if (end.status === 'failed' && events.length > 0) told.push(`then it failed: ${end.error?.message ?? ''}`);
  const figures =
    events.length === 0
      ? []
      : [
          `${counted(verdict.events, 'event')} in ${counted(verdict.deliveries, 'delivery', 'deliveries')} over ${axisLabel(endedMs)}`,
          `${percent(verdict.largestShare)} of the events at most at once`,
          `${percent(verdict.openShare)} of the waiting with half an event in hand`,
        ];
  return [...figures, ...(status === undefined ? [] : [`status ${status}`]), ...told];
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
