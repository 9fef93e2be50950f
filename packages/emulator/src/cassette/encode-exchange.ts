import type { Exchange } from './cassette.ts';

/** The version of the format; a reader refuses another. */
export const cassetteVersion = 1;

/** The first line of a cassette. */
export function encodeCassetteHeader(recordedAt: Date): string {
  return `${JSON.stringify({ cassette: cassetteVersion, recordedAt: recordedAt.toISOString() })}\n`;
}

/** The lines of one exchange: request, response, a line a chunk, end. */
export function encodeExchange(exchange: Exchange, id: number): string {
  const { method, path, requestHeaders, requestBody, response, chunks, end } = exchange;
  const lines: object[] = [
    { type: 'request', id, method, path, headers: requestHeaders, ...encodeBytes(requestBody) },
    ...(response === undefined ? [] : [{ type: 'response', id, ...response, atMs: round(response.atMs) }]),
    ...chunks.map(({ atMs, bytes }) => ({ type: 'chunk', id, atMs: round(atMs), ...encodeBytes(bytes) })),
    { type: 'end', id, atMs: round(end.atMs), how: end.how },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Microseconds are as fine as the clock is worth. */
function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text where the bytes are whole UTF-8, base64 where they are not: a border may be inside a character. */
function encodeBytes(bytes: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: decoder.decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') };
  }
}
