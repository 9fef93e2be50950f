import { isDeepStrictEqual } from 'node:util';
import { GoogleError } from '../wire/google-error.ts';
import type { Reply, WireStep } from '../wire/reply.ts';
import type { Cassette, Exchange } from './cassette.ts';

/** Options of a replay. */
interface ReplayPolicy {
  /** The speed: 1 as recorded, 2 twice as fast, 0 without waiting. */
  readonly speed: number;
  /** Finds an exchange by method, path and body (`request`), or takes the next one for any request (`order`). */
  readonly match: 'request' | 'order';
}

/** A cassette that answers requests. */
export class CassettePlayer {
  readonly #exchanges: readonly Exchange[];
  readonly #policy: ReplayPolicy;
  readonly #uses = new Map<Exchange, number>();

  constructor({ exchanges }: Cassette, policy: ReplayPolicy) {
    this.#exchanges = exchanges;
    this.#policy = policy;
  }

  /**
   * Returns the reply of the matching exchange. If several match, takes the one that was used least.
   * @throws GoogleError `FAILED_PRECONDITION` if no exchange matches
   */
  play(method: string, path: string, body: Uint8Array): Reply {
    const { speed, match } = this.#policy;
    const matching = this.#exchanges.filter((exchange) => match === 'order' || isSame(exchange, method, path, body));
    const fewestUses = Math.min(...matching.map((exchange) => this.#usesOf(exchange)));
    const exchange = matching.find((candidate) => this.#usesOf(candidate) === fewestUses);
    if (exchange === undefined) {
      throw new GoogleError('FAILED_PRECONDITION', 'No exchange in the cassette has this method, path and body.');
    }
    this.#uses.set(exchange, fewestUses + 1);
    const { response } = exchange;
    return { status: response?.status ?? 200, headers: response?.headers ?? {}, body: replaySteps(exchange, speed) };
  }

  /** Resets the uses of every exchange. */
  rewind(): void {
    this.#uses.clear();
  }

  #usesOf(exchange: Exchange): number {
    return this.#uses.get(exchange) ?? 0;
  }
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

/** Parses JSON, so that property order and white space do not matter. */
function comparable(body: Uint8Array): unknown {
  const text = Buffer.from(body).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
