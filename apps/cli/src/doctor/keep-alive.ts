import type { MeasuredExchange } from '../timing/measure-event-stream.ts';
import type { Finding } from './finding.ts';

/** Whether the connection of one answer carried the next request too: as `isReused` says of the second one. Pure. */
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
      ? 'the server ends each answer by closing its connection: each prompt waits for a new one'
      : 'the second request needed a new connection, although the first could have been kept',
    cure: 'Let the server answer in HTTP/1.1 with a chunked body and without connection: close.',
  };
}
