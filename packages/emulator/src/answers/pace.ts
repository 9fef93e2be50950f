import type { Random } from '../wire/random.ts';
import { splitTokens } from '../wire/response.ts';
import type { AnswerPiece } from './answer.ts';

/** How fast answers are sent. */
export interface Pace {
  /** Wait before the first chunk, in milliseconds. 0: none. */
  readonly timeToFirstTokenMs: number;
  /** 0: as fast as the client reads. */
  readonly tokensPerSecond: number;
  /** How far a gap may stray from its mean, as a share of it: 0 never, 1 from nothing to twice. */
  readonly jitter: number;
  /** Tokens in a chunk. */
  readonly burst: number;
}

/** No waiting at all: what a test wants. */
export const fullSpeed: Pace = { timeToFirstTokenMs: 0, tokensPerSecond: 0, jitter: 0, burst: 6 };

/** About what a person sees from a fast model. */
export const humanPace: Pace = { timeToFirstTokenMs: 400, tokensPerSecond: 40, jitter: 0.3, burst: 4 };

/** The pace with what is given put over the base. Throws a `TypeError` for a number out of range. */
export function resolvePace(given: Partial<Pace> | undefined, base: Pace): Pace {
  const pace: Pace = { ...base, ...given };
  for (const [name, value] of Object.entries(pace)) {
    const top = name === 'jitter' ? 1 : Number.MAX_SAFE_INTEGER;
    const low = name === 'burst' ? 1 : 0;
    if (typeof value !== 'number' || !(value >= low && value <= top)) {
      throw new TypeError(`pace.${name}: expected a number from ${low} to ${top}, got ${String(value)}`);
    }
  }
  return pace;
}

/** Milliseconds before a chunk of so many tokens. */
export function gapMs(pace: Pace, tokens: number, random: Random): number {
  if (pace.tokensPerSecond === 0) return 0;
  const mean = (tokens * 1000) / pace.tokensPerSecond;
  return mean * (1 + pace.jitter * (2 * random() - 1));
}

/** Cuts a text into pieces of about `burst` tokens, of uneven size where the pace has jitter. */
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
