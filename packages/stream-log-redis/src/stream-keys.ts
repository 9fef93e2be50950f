/** The names in Redis of one stream. All of them hash to one slot of a cluster. */
export interface StreamKeys {
  /** A hash: who leads the stream, how far it is, and its end. */
  readonly meta: string;
  /** A Redis stream: the events. */
  readonly log: string;
  /** The channel on which every write is published. */
  readonly channel: string;
}

/** Control characters, and the braces that choose the slot of a key. */
const refused = /[{}\p{Cc}\p{Cs}]/u;
const maxIdBytes = 256;

/** Returns the names of a stream in Redis. */
export function streamKeys(prefix: string, id: string): StreamKeys {
  const base = `${prefix}{${id}}:`;
  return { meta: `${base}meta`, log: `${base}log`, channel: `${base}ch` };
}

/** Returns the channel on which a process hears which of its streams are to stop. */
export function controlChannel(prefix: string, node: string): string {
  return `${prefix}{node:${node}}:ctl`;
}

/**
 * An id becomes part of a key, and may come from a user: with a brace in it, it would choose the slot or the channel of
 * another stream.
 * @throws TypeError for an id that cannot be part of a key
 */
export function checkId(id: string): void {
  if (refused.test(id)) throw new TypeError('id: expected no braces, control characters or lone surrogates');
  const bytes = Buffer.byteLength(id);
  if (bytes > maxIdBytes) throw new TypeError(`id: expected at most ${maxIdBytes} bytes, got ${bytes}`);
}
