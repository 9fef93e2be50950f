import type { LeadRequest } from '@gemini/stream-manager';
import { formatVersion } from './entries.ts';
import type { ResolvedOptions } from './options.ts';
import type { RedisConnection } from './redis-connection.ts';
import { claimScript } from './scripts.ts';
import type { StreamKeys } from './stream-keys.ts';
import type { WriteTurns } from './write-turns.ts';

/** A stream as its leader claims and writes it. */
export interface LeaderContext {
  readonly options: ResolvedOptions;
  readonly connection: RedisConnection;
  readonly keys: StreamKeys;
  readonly turns: WriteTurns;
  /** The token of this leader: no other one, of whatever process or stream, has the same. */
  readonly owner: string;
  readonly request: LeadRequest;
  /** The leader needs no stops any more. */
  readonly onDone: () => void;
}

/** The answer to a claim. */
export type ClaimAnswer =
  | { readonly type: 'led' | 'resumed' | 'taken'; readonly epoch: number; readonly next: number }
  | { readonly type: 'format'; readonly version: string };

/** The stream that a claim is for. */
export interface ClaimedRange {
  readonly epoch: number;
  /** The index of the first event that is still known. */
  readonly first: number;
  /** The most time that the lease of a lost process may be over; 0 if this process cannot continue its stream. */
  readonly mostOverdueMs: number;
  /** Whether this process can continue a stream that was given up. */
  readonly canContinue: boolean;
}

/** Claims a stream. */
export async function claim(
  { options, connection, keys, owner, request }: LeaderContext,
  { epoch, first, mostOverdueMs, canContinue }: ClaimedRange,
): Promise<ClaimAnswer> {
  const { leaseMs, abandonMs } = options;
  const retainMs = retainMsOf({ options, request });
  const reply = (await connection.run(
    claimScript,
    [keys.meta, keys.log],
    [
      owner,
      epoch,
      first,
      leaseMs,
      mostOverdueMs,
      abandonMs,
      retainMs,
      formatVersion,
      request.metadata ?? '',
      canContinue ? 1 : 0,
    ],
  )) as unknown[];
  const [type, found, next] = reply.map(String);
  if (type === 'format') return { type, version: found ?? '' };
  if (type !== 'led' && type !== 'resumed' && type !== 'taken') throw new Error(`unexpected answer ${type}`);
  return { type, epoch: Number(found), next: Number(next) };
}

/** Returns the time that an ended stream stays: at least two leases, in which each process that follows it reads the end. */
export function retainMsOf({ options, request }: Pick<LeaderContext, 'options' | 'request'>): number {
  const { leaseMs, abandonMs } = options;
  const retainMs = options.retainMs ?? Math.min(request.retainMs, abandonMs);
  return Math.ceil(Math.max(retainMs, 2 * leaseMs));
}
