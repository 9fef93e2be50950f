/** Where the writes of a recorded body are cut: one write, after each event, or every so many bytes. */
export type ChunkSize = number | 'whole' | 'event';

/** Cuts a body into the writes that send it. Views, no copies. */
export function* splitBytes(body: Uint8Array, size: ChunkSize): Generator<Uint8Array> {
  if (size === 'whole') {
    if (body.byteLength > 0) yield body;
    return;
  }
  for (let start = 0; start < body.byteLength;) {
    const end = size === 'event' ? endOfEvent(body, start) : Math.min(start + size, body.byteLength);
    yield body.subarray(start, end);
    start = end;
  }
}

const lineFeed = 10;
const carriageReturn = 13;

/** The offset after the next blank line; line ends may be CRLF, LF or CR. The end of the body when there is none. */
function endOfEvent(body: Uint8Array, start: number): number {
  let lineIsEmpty = false;
  for (let at = start; at < body.byteLength; at += 1) {
    const byte = body[at];
    if (byte !== lineFeed && byte !== carriageReturn) {
      lineIsEmpty = false;
      continue;
    }
    if (byte === carriageReturn && body[at + 1] === lineFeed) at += 1;
    if (lineIsEmpty) return at + 1;
    lineIsEmpty = true;
  }
  return body.byteLength;
}
