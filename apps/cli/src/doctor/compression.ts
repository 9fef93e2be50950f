import type { MeasuredExchange } from '../timing/measure-event-stream.ts';
import { cureFor } from './cures.ts';
import type { Finding } from './finding.ts';

/** Who compresses: the answer to a request that asked for none, and to one that offered gzip, as browsers do. Pure. */
export function compression(plain: MeasuredExchange, offered: MeasuredExchange): Finding {
  const base = { name: 'compression', label: 'Compression' } as const;
  const unasked = codingOf(plain);
  const asked = codingOf(offered);
  if (offered.end.status === 'failed') {
    return {
      ...base,
      tone: 'bad',
      finding: `with gzip offered there is no answer: ${offered.end.error?.message ?? ''}`,
    };
  }
  if (asked === undefined) return { ...base, tone: 'good', finding: 'nobody compresses, even where gzip is offered' };
  const who = unasked === undefined ? `${asked} where it is offered, as browsers do` : `${unasked} without being asked`;
  const { kind } = offered.verdict;
  if (kind === 'live') return { ...base, tone: 'good', finding: `${who}; flushed after each event, so still live` };
  if (kind === 'inconclusive') return { ...base, tone: 'unknown', finding: `${who}; too short an answer to tell more` };
  if (kind === 'bursty') return { ...base, tone: 'unknown', finding: `${who}; then the answer comes in bursts` };
  return {
    ...base,
    tone: 'bad',
    finding: `${who}; then the answer is ${kind}`,
    cure: cureFor('compression', offered.response),
  };
}

/** The coding of an answer's body; `undefined` where it has none. */
export function codingOf({ response }: MeasuredExchange): string | undefined {
  const coding = response?.headers['content-encoding']?.trim().toLowerCase();
  return coding === '' || coding === 'identity' ? undefined : coding;
}
