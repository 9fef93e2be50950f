import type { Tone } from '../report/report.ts';
import type { MeasuredExchange } from '../timing/measure-event-stream.ts';
import { counted } from '../timing/counted.ts';
import { axisLabel } from '../timing/time-axis.ts';
import { causeInWords, cureFor } from './cures.ts';
import type { DoctorTarget } from './doctor-target.ts';
import { evidenceOf, percent } from './evidence.ts';

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
  if (offered?.verdict.cause === 'compression') {
    return {
      ...held(offered, isCompared),
      headline: `Live, but ${offered.verdict.kind} for clients that offer gzip`,
      explanation:
        'Without compression each event comes by itself. Browsers and most HTTP clients offer gzip, and to them the answer comes late.',
    };
  }
  return {
    isLive: true,
    tone: 'good',
    headline: 'This path is live',
    explanation: `Each event came by itself, as it was made: the first after ${firstTime(plain)}.`,
    evidence: evidenceOf(plain),
  };
}

function held(exchange: MeasuredExchange, isCompared: boolean): Diagnosis {
  const { verdict, response } = exchange;
  // Whole pages give a proxy's buffer away; where they do not show, events that are cut still do.
  const cause = verdict.cause ?? (verdict.kind === 'partial' ? 'proxy-buffer' : undefined);
  const words = heldWords(exchange);
  const known = cause === undefined ? {} : { cause: causeInWords(cause), cure: cureFor(cause, response) };
  const cure = words.cure ?? (isCompared ? undefined : askBoth);
  return { isLive: false, ...words, evidence: evidenceOf(exchange), cure, ...known };
}

type Words = Pick<Diagnosis, 'tone' | 'headline' | 'explanation' | 'cure'>;

function heldWords(exchange: MeasuredExchange): Words {
  const { kind, largestShare, events } = exchange.verdict;
  switch (kind) {
    case 'buffered':
      return {
        tone: 'bad',
        headline: 'Buffered: everything came at once',
        explanation: `There was nothing for ${firstTime(exchange)}, and then ${percent(largestShare)} of the events together.`,
      };
    case 'partial':
      return {
        tone: 'bad',
        headline: 'Held back: events come in pieces',
        explanation: 'What arrives ends in the middle of events, as a byte buffer sends it that has just filled.',
      };
    case 'bursty':
      return {
        tone: 'unknown',
        headline: 'In bursts: several events at a time',
        explanation:
          "They are cut between events. A server's own rhythm looks like that from here, and so does a timer on the way.",
      };
    case 'live':
    case 'inconclusive':
      return {
        tone: 'unknown',
        headline: 'Too short to tell',
        explanation: `${counted(events, 'event')}: too few, or within too short a time, to tell live from buffered.`,
        cure: 'Ask for a longer answer: gemini-stream doctor URL "Explain … in 500 words"',
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
    headline: response === undefined ? 'Nobody answered' : 'No event came',
    explanation: end.error?.message ?? 'The stream ended without an event.',
    evidence: evidenceOf(exchange),
    cure: target.isGemini ? refusalCure(response?.status ?? 0, target.isKeySent) : undefined,
  };
}

function refusalCure(status: number, isKeySent: boolean): string | undefined {
  if (status === 404) return 'Is this a Gemini endpoint? --get asks for any other event stream, --data posts to it.';
  const isRefused = status === 400 || status === 401 || status === 403;
  return isRefused && !isKeySent
    ? 'No key was sent, for this is not a server of Google: --send-key sends it.'
    : undefined;
}
