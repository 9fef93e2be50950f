import type { Random } from '../wire/random.ts';
import { splitTokens } from '../wire/response.ts';
import type { AnswerPiece } from './answer.ts';

/** The speed at which answers are sent. */
export interface Pace {
  /** Wait before the first chunk, in milliseconds. */
  readonly timeToFirstTokenMs: number;
  /** Tokens per second. `Infinity` sends as fast as the client reads. */
  readonly tokensPerSecond: number;
  /** The largest deviation of a gap from its mean, as a share of the mean: from 0 to 1 (between no gap and twice the mean). */
  readonly jitter: number;
  /** Tokens per chunk. */
  readonly burst: number;
}

/** A pace without waits, for tests. */
export const fullSpeed: Pace = { timeToFirstTokenMs: 0, tokensPerSecond: Infinity, jitter: 0, burst: 6 };

/** Roughly the pace of a fast model. */
export const humanPace: Pace = { timeToFirstTokenMs: 400, tokensPerSecond: 40, jitter: 0.3, burst: 4 };

/**
 * Returns the base pace, overridden by the given fields.
 * @throws TypeError for a number that is out of range
 */
export function resolvePace(given: Partial<Pace> | undefined, base: Pace): Pace {
  const pace: Pace = { ...base, ...given };
  checkNumber('timeToFirstTokenMs', pace.timeToFirstTokenMs, 0);
  checkNumber('burst', pace.burst, 1);
  checkNumber('jitter', pace.jitter, 0, 1);
  if (!(pace.tokensPerSecond > 0)) {
    const expected = 'expected a number above 0 (Infinity turns it off)';
    throw new TypeError(`pace.tokensPerSecond: ${expected}, got ${String(pace.tokensPerSecond)}`);
  }
  return pace;
}

function checkNumber(name: keyof Pace, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): void {
  if (typeof value === 'number' && value >= min && value <= max) return;
  throw new TypeError(`pace.${name}: expected a number from ${min} to ${max}, got ${String(value)}`);
}

/** Returns the wait before a chunk of this many tokens, in milliseconds. */
export function gapMs(pace: Pace, tokens: number, random: Random): number {
  if (pace.tokensPerSecond === Infinity) return 0;
  const mean = (tokens * 1000) / pace.tokensPerSecond;
  return mean * (1 + pace.jitter * (2 * random() - 1));
}

/** Cuts a text into pieces of about `burst` tokens, of uneven sizes if the pace has jitter. */
export function textPieces(text: string, pace: Pace, random: Random): readonly AnswerPiece[] {
  const tokens = splitTokens(text);
  const pieces: AnswerPiece[] = [];
  for (let at = 0; at < tokens.length;) {
    const size = Math.max(1, Math.round(pace.burst * (1 + pace.jitter * (random() - 0.5))));
    const taken = tokens.slice(at, at + size);
    pieces.push({ parts: [{ text: taken.join('') }], tokens: taken.length });
    at += size;
  }
  return pieces;
}
