import { randomUUID } from 'node:crypto';

/**
 * The id of a stream that was given none: a UUID. Node puts one together of twenty pieces, and the string would hold on
 * to all of them as long as the stream is known: half a KB, measured.
 */
export function createStreamId(): string {
  return Buffer.from(randomUUID(), 'latin1').toString('latin1');
}
