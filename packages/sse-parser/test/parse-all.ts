import { createSseParser, type SseEvent, type SseInputEnd, type SseStreamOptions } from '../src/index.ts';

/** Everything a parser tells about one input, in the order in which it tells it. */
export interface Parsed {
  readonly log: readonly (readonly [callback: string, value: unknown])[];
  readonly events: readonly (SseEvent & { readonly lastEventId: string })[];
  readonly end: SseInputEnd;
  readonly lastEventId: string;
}

/** Pushes the pieces one after the other, ends the input, and writes down what comes, into `log` as it comes. */
export const parseAll = (
  pieces: Iterable<Uint8Array | string>,
  options: Pick<SseStreamOptions, 'lastEvent' | 'maxEventBytes' | 'invalidUtf8'> = {},
  log: (readonly [callback: string, value: unknown])[] = [],
): Parsed => {
  const events: (SseEvent & { lastEventId: string })[] = [];
  const parser = createSseParser({
    ...options,
    onEvent: (event) => {
      log.push(['event', event]);
      events.push({ ...event, lastEventId: parser.lastEventId });
    },
    onComment: (text) => log.push(['comment', text]),
    onRetry: (delayMs) => log.push(['retry', delayMs]),
    onId: (id) => log.push(['id', id]),
    onText: (text) => log.push(['text', text]),
  });
  for (const piece of pieces) parser.push(piece);
  const end = parser.end();
  return { log, events, end, lastEventId: parser.lastEventId };
};

/** The arguments of one kind of callback. */
export const toldBy = (parsed: Parsed, callback: string): unknown[] =>
  parsed.log.filter(([name]) => name === callback).map(([, value]) => value);

export const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Cuts bytes into pieces of one size. */
export function* inPiecesOf(size: number, bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** Makes a piece of a hex listing, such as `61 ff 62`. */
export const fromHex = (listing: string): Uint8Array =>
  Uint8Array.from(listing.split(' '), (byte) => Number.parseInt(byte, 16));
