import { GeminiError } from '../errors.ts';
import type { Candidate, GenerateContentResponse, Part } from '../wire/types.ts';

/** Where an answer could go on in another request. */
export interface ResumePoint {
  /** The last continuation token that came. */
  readonly token: string | undefined;
  /** Something that was delivered after the token has not come again yet. */
  readonly isBehind: boolean;
  /**
   * The chunk without what was delivered before; it is the same one where nothing was.
   * @throws GeminiError `resume-mismatch`
   */
  follow(chunk: GenerateContentResponse): GenerateContentResponse;
  /** The next request goes on from the token. */
  rewind(): void;
}

class Point implements ResumePoint {
  token: string | undefined;
  // Most answers have no token: there is nothing to keep then.
  #tail: DeliveredTail | undefined;
  readonly #maxTailLength: number;

  constructor(maxTailLength: number) {
    this.#maxTailLength = maxTailLength;
  }

  get isBehind(): boolean {
    return this.#tail?.isBehind ?? false;
  }

  follow(chunk: GenerateContentResponse): GenerateContentResponse {
    const { candidates } = chunk;
    if (this.token === undefined && !candidates?.some((candidate) => candidate.continuationToken)) return chunk;
    const tail = (this.#tail ??= createDeliveredTail());
    const fresh = { ...chunk, candidates: candidates?.map((candidate) => this.#followCandidate(candidate, tail)) };
    if (tail.length > this.#maxTailLength) {
      // Too much to compare with: the answer can no longer be resumed from this token, but it goes on.
      this.token = undefined;
      this.#tail = undefined;
    }
    return fresh;
  }

  rewind(): void {
    this.#tail?.rewind();
  }

  #followCandidate(candidate: Candidate, tail: DeliveredTail): Candidate {
    const parts = candidate.content?.parts ?? [];
    const fresh = tail.isBehind ? parts.map((part) => tail.strip(part)).filter((part) => part !== undefined) : parts;
    if (this.token !== undefined) for (const part of fresh) tail.note(part);
    if (candidate.continuationToken) {
      this.token = candidate.continuationToken;
      tail.mark();
    }
    return fresh === parts ? candidate : { ...candidate, content: { ...candidate.content, parts: fresh } };
  }
}

/**
 * Keeps account of the tokens of an answer, and of what came after the last one: at most `maxTailLength` characters. A
 * longer tail is dropped with its token.
 */
export function createResumePoint(maxTailLength: number): ResumePoint {
  return new Point(maxTailLength);
}

interface Unit {
  readonly kind: 'text' | 'thought' | 'other';
  text: string;
}

/** What has been delivered since the last continuation token: a request that goes on from there sends it again. */
interface DeliveredTail {
  /** A token came: what was delivered before it does not come again. */
  mark(): void;
  /** Notes a part that was delivered after the token. */
  note(part: Part): void;
  /** The next request goes on from the token. */
  rewind(): void;
  /**
   * What of a part is new; `undefined` where all of it was delivered before.
   * @throws GeminiError `resume-mismatch` where the server says something else than the first time
   */
  strip(part: Part): Part | undefined;
  /** Something that was delivered has not come again yet. */
  readonly isBehind: boolean;
  /** What is kept for the comparison, in characters. */
  readonly length: number;
}

/** Keeps text from being told twice, whatever pieces it comes in the second time. */
export function createDeliveredTail(): DeliveredTail {
  let units: Unit[] = [];
  // Where the last token stands, and how far the content after it has come again.
  let start = { index: 0, offset: 0 };
  let index = 0;
  let offset = 0;
  let length = 0;

  const step = (unit: Unit, count: number): void => {
    offset += count;
    if (offset < unit.text.length) return;
    index += 1;
    offset = 0;
  };
  const isBehind = (): boolean => index < units.length;
  return {
    get isBehind() {
      return isBehind();
    },
    get length() {
      return length;
    },
    mark() {
      // Each token may come alone: what is before it is dropped only when that is most of all.
      if (index > units.length / 2) {
        units = units.slice(index);
        index = 0;
        length = units.reduce((sum, unit) => sum + lengthOf(unit), 0);
      }
      start = { index, offset };
    },
    note(part) {
      const unit = unitOf(part);
      const last = units.at(-1);
      if (last !== undefined && last.kind === unit.kind && unit.kind !== 'other') {
        last.text += unit.text;
        length += unit.text.length;
      } else {
        units.push(unit);
        length += lengthOf(unit);
      }
      index = units.length;
      offset = 0;
    },
    rewind() {
      ({ index, offset } = start);
    },
    strip(part) {
      const { kind, text } = unitOf(part);
      const unit = units[index];
      if (unit === undefined) return part;
      const expected = unit.text.slice(offset);
      const isSame = kind === 'other' ? text === expected : expected.startsWith(text) || text.startsWith(expected);
      if (kind !== unit.kind || !isSame) throw resumeMismatch();
      const count = Math.min(text.length, expected.length);
      step(unit, count);
      if (count === text.length) return undefined;
      if (isBehind()) throw resumeMismatch();
      return { ...part, text: text.slice(count) };
    },
  };
}

/** The server goes on otherwise than it did the first time: what was told cannot be made whole. */
export function resumeMismatch(): GeminiError {
  return new GeminiError(
    'resume-mismatch',
    'the continued answer differs from what was delivered before the connection was lost',
  );
}

/** What any unit weighs beside its text, in characters. */
const unitLength = 32;

function lengthOf({ text }: Unit): number {
  return unitLength + text.length;
}

// Signatures are made anew and say nothing about the content.
function unitOf(part: Part): Unit {
  if (part.text) return { kind: part.thought ? 'thought' : 'text', text: part.text };
  const { thoughtSignature: _signature, ...content } = part;
  return { kind: 'other', text: JSON.stringify(content) };
}
