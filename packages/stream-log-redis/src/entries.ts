import type { StoredEnd } from '@gemini/stream-manager';

/** The version of everything below; a process refuses streams of another one. */
export const formatVersion = '1';

/** Lines that follow each other in a stream, as one write carries them. */
export interface Batch {
  /** The index of the first line. */
  readonly first: number;
  readonly lines: readonly string[];
}

/** A write, as it is published. */
export interface Message extends Batch {
  readonly epoch: number;
  readonly end: StoredEnd | undefined;
}

/** A stream as one call of the `read` script returns it. */
export interface Reading {
  readonly version: string;
  /** The token of the leading process; empty if it has given the stream up. */
  readonly owner: string;
  readonly epoch: number;
  /** The index of the next event, when it was read. */
  readonly next: number;
  /** The time until the lease of the leading process is over, in milliseconds; negative if it is over. */
  readonly leftMs: number;
  readonly end: StoredEnd | undefined;
  readonly metadata: string | undefined;
  /** The entries that were read, in order: perhaps not all. */
  readonly batches: readonly Batch[];
}

/** Joins lines as an entry holds them. No line contains a line feed. */
export function joinLines(lines: readonly string[]): string {
  return lines.join('\n');
}

/** Returns an entry's lines: `next` is the index after its last one, by which an entry is named. */
export function readEntry(next: number, joined: string): Batch {
  const lines = joined.split('\n');
  return { first: next - lines.length, lines };
}

/** Returns the lines of a batch from an index on; none if it ends before. The batch must begin at or before it. */
export function linesFrom({ first, lines }: Batch, index: number): readonly string[] {
  return index <= first ? lines : lines.slice(index - first);
}

/** Writes an end: that of the leading process, or what was found in its place. */
export function writeEnd(end: StoredEnd): string {
  return end.type === 'ended' ? `e${end.line}` : `l${end.code}`;
}

/** Reads an end back; undefined for none. */
export function readEnd(text: string | undefined): StoredEnd | undefined {
  if (text === undefined || text === '') return undefined;
  const rest = text.slice(1);
  if (text.startsWith('e')) return { type: 'ended', line: rest };
  return { type: 'lost', code: rest === 'history-lost' ? 'history-lost' : 'producer-lost' };
}

/** Reads a published write; undefined for the empty message that only counts the listeners. */
export function readMessage(text: string): Message | undefined {
  if (text === '') return undefined;
  const [header = '', ...parts] = text.split('\n');
  const [epoch, first, count] = header.split(' ').map(Number);
  return {
    epoch: epoch ?? 0,
    first: first ?? 0,
    lines: parts.slice(0, count),
    end: readEnd(parts[count ?? 0]),
  };
}

/** Reads the reply of the `read` script; undefined if there is no such stream. */
export function readReply(reply: unknown): Reading | undefined {
  const values = texts(reply);
  const [version, owner, epoch, next, left, end, metadata, ...entries] = values;
  if (version === undefined || owner === undefined) return undefined;
  const batches: Batch[] = [];
  for (let at = 0; at + 1 < entries.length; at += 2)
    batches.push(readEntry(Number(entries[at]), entries[at + 1] ?? ''));
  return {
    version,
    owner,
    epoch: Number(epoch),
    next: Number(next),
    leftMs: Number(left),
    end: readEnd(end),
    metadata: metadata === '' ? undefined : metadata,
    batches,
  };
}

/** Returns the texts of a reply: a client may be set up to return buffers, or numbers as strings. */
export function texts(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map((value) => (value === null ? '' : String(value))) : [];
}
