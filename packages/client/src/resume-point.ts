import { createDeliveredTail } from './delivered-tail.ts';
import type { Candidate, GenerateContentResponse } from './wire.ts';

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

/** Keeps account of the tokens of an answer, and of what came after the last one. */
export function createResumePoint(): ResumePoint {
  const tail = createDeliveredTail();
  let token: string | undefined;

  const followCandidate = (candidate: Candidate): Candidate => {
    const parts = candidate.content?.parts ?? [];
    const fresh = tail.isBehind ? parts.map((part) => tail.strip(part)).filter((part) => part !== undefined) : parts;
    if (token !== undefined) for (const part of fresh) tail.note(part);
    if (candidate.continuationToken) {
      token = candidate.continuationToken;
      tail.mark();
    }
    return fresh === parts ? candidate : { ...candidate, content: { ...candidate.content, parts: fresh } };
  };
  return {
    get token() {
      return token;
    },
    get isBehind() {
      return tail.isBehind;
    },
    follow(chunk) {
      const { candidates } = chunk;
      if (token === undefined && !candidates?.some((candidate) => candidate.continuationToken)) return chunk;
      return { ...chunk, candidates: candidates?.map(followCandidate) };
    },
    rewind: () => tail.rewind(),
  };
}
