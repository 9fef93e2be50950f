import type { StoredEnd } from '@gemini/stream-manager';
import { type Batch, formatVersion, linesFrom, type Reading, readReply } from './entries.ts';
import { type RedisConnection, unknownFormat } from './redis-connection.ts';
import { readScript } from './scripts.ts';
import type { StreamKeys } from './stream-keys.ts';

/** The length after which a call reads no more entries. */
const pageLength = 262_144;

/** A stream as it was in Redis at one time. */
export interface StoredHistory {
  readonly owner: string;
  readonly epoch: number;
  readonly metadata: string | undefined;
  readonly oldest: number;
  readonly lines: string[];
  readonly end: StoredEnd | undefined;
  /** Whether the lines are all there. If not, the leader stores them again, or they are lost. */
  readonly isWhole: boolean;
}

/** The place from which a stream is read. */
export interface ReadFrom {
  /** Undefined: any. If it is another one, no events are read. */
  readonly epoch: number | undefined;
  readonly index: number;
  /** Whether reading is to fail if Redis cannot be written to. @defaultValue false */
  readonly mustBeWritable?: boolean;
  /** The time for which this process can continue the stream, in milliseconds: no process ends it. @defaultValue 0 */
  readonly heirMs?: number;
}

/** Makes one call, which may not reach the end of the stream. Returns undefined if Redis has no such stream. */
export async function readOnce(
  connection: RedisConnection,
  id: string,
  keys: StreamKeys,
  { epoch, index, mustBeWritable = false, heirMs = 0 }: ReadFrom,
): Promise<Reading | undefined> {
  const args = [epoch ?? '', index, pageLength, mustBeWritable ? 1 : 0, heirMs];
  const reading = readReply(await connection.run(readScript, [keys.meta, keys.log], args));
  if (reading !== undefined && reading.version !== formatVersion) {
    throw unknownFormat(id, reading.version, formatVersion);
  }
  return reading;
}

/** Reads all events of a stream. Returns undefined if Redis has no such stream. */
export async function readHistory(
  connection: RedisConnection,
  id: string,
  keys: StreamKeys,
  heirMs = 0,
): Promise<StoredHistory | undefined> {
  const lines: string[] = [];
  let epoch: number | undefined;
  let oldest = 0;
  for (;;) {
    const reading = await readOnce(connection, id, keys, { epoch, index: oldest + lines.length, heirMs });
    if (reading === undefined) return undefined;
    // Another stream has the id since the last page: it is read from its start.
    if (epoch !== undefined && reading.epoch !== epoch) return readHistory(connection, id, keys, heirMs);
    epoch = reading.epoch;
    const { owner, metadata, end, batches, next } = reading;
    if (lines.length === 0) oldest = batches[0]?.first ?? 0;
    const hasNoHole = append(lines, batches, oldest);
    const isWhole = oldest + lines.length >= next;
    if (isWhole || !hasNoHole || batches.length === 0) {
      return { owner, epoch, metadata, oldest, lines, end, isWhole };
    }
  }
}

/** Appends the new lines of batches; returns whether they continue without a hole. */
function append(lines: string[], batches: readonly Batch[], oldest: number): boolean {
  for (const batch of batches) {
    const at = oldest + lines.length;
    if (batch.first > at) return false;
    for (const line of linesFrom(batch, at)) lines.push(line);
  }
  return true;
}
