/** How the body ended, as far as HTTP tells: a `close` may be a cut that nobody can see. */
export type BodyEnd = 'length' | 'chunked' | 'close';

/** What marks the end of a body with these headers (RFC 9112, section 6.3). Pure. */
export function bodyEndOf(headers: Readonly<Record<string, string>>): BodyEnd {
  if (/\bchunked\b/i.test(headers['transfer-encoding'] ?? '')) return 'chunked';
  return headers['content-length'] === undefined ? 'close' : 'length';
}
