import { isDeepStrictEqual } from 'node:util';
import { GoogleError } from '../wire/google-error.ts';
import type { Reply, WireStep } from '../wire/reply.ts';
import type { Cassette, Exchange } from './cassette.ts';

/** How a cassette is played. */
export interface ReplayPolicy {
  /** 1: as it was; 2: twice as fast; 0: without waiting. */
  readonly speed: number;
  /** `request`: the exchange with the same method, path and body; `order`: the next one, whatever is asked. */
  readonly match: 'request' | 'order';
}

/** A cassette that answers requests. */
export interface Player {
  /** The reply of the matching exchange; of several the one used least. Throws `FAILED_PRECONDITION` where none matches. */
  play(method: string, path: string, body: Uint8Array): Reply;
  rewind(): void;
}

/** Puts a cassette in. */
export function createPlayer({ exchanges }: Cassette, { speed, match }: ReplayPolicy): Player {
  const uses = new Map<Exchange, number>();
  const used = (exchange: Exchange): number => uses.get(exchange) ?? 0;
  return {
    play(method, path, body) {
      const fits = exchanges.filter((exchange) => match === 'order' || isSame(exchange, method, path, body));
      const exchange = fits.find((candidate) => used(candidate) === Math.min(...fits.map(used)));
      if (exchange === undefined) {
        throw new GoogleError('FAILED_PRECONDITION', 'No exchange of the cassette has this method, path and body.');
      }
      uses.set(exchange, used(exchange) + 1);
      const { response } = exchange;
      return { status: response?.status ?? 200, headers: response?.headers ?? {}, body: replaySteps(exchange, speed) };
    },
    rewind: () => uses.clear(),
  };
}

function* replaySteps({ response, chunks, end }: Exchange, speed: number): Generator<WireStep> {
  let now = 0;
  const until = function* (atMs: number): Generator<WireStep> {
    if (speed > 0 && atMs > now) yield { type: 'wait', ms: (atMs - now) / speed };
    now = atMs;
  };
  if (response !== undefined) {
    yield* until(response.atMs);
    yield { type: 'head' };
  }
  for (const { atMs, bytes } of chunks) {
    yield* until(atMs);
    yield { type: 'write', bytes };
  }
  yield* until(end.atMs);
  if (end.how === 'complete') return;
  yield { type: end.how === 'reset' ? 'reset' : 'close' };
}

function isSame(exchange: Exchange, method: string, path: string, body: Uint8Array): boolean {
  return (
    exchange.method === method &&
    exchange.path === path &&
    isDeepStrictEqual(comparable(exchange.requestBody), comparable(body))
  );
}

/** JSON is compared as JSON: the order of its names and its spaces say nothing. */
function comparable(body: Uint8Array): unknown {
  const text = Buffer.from(body).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
