import { createDeliveredTail, type DeliveredTail } from './delivered-tail.ts';
import type { Candidate, GenerateContentResponse } from '../wire.ts';

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
