import { createHash } from 'node:crypto';
import { GoogleError } from '../wire/google-error.ts';
import type { Answer } from './answer.ts';

/** Past this many the tokens made first are forgotten. */
const mostTokens = 1_000;

/** Where answers that were interrupted go on. */
export interface Continuations {
  /** A token for the answer from this piece on. The same answer and piece have the same token. */
  issue(answer: Answer, answerId: string, from: number): string;
  /** The answer and the piece that a token stands for. Throws `INVALID_ARGUMENT` for one that was never issued. */
  resume(token: string): { readonly answer: Answer; readonly answerId: string; readonly from: number };
}

/** No token has been issued. */
export function createContinuations(): Continuations {
  const issued = new Map<string, { answer: Answer; answerId: string; from: number }>();
  return {
    issue(answer, answerId, from) {
      const token = createHash('sha256').update(`${answerId} ${from}`).digest('base64');
      issued.set(token, { answer, answerId, from });
      for (const oldest of issued.keys()) {
        if (issued.size <= mostTokens) break;
        issued.delete(oldest);
      }
      return token;
    },
    resume(token) {
      const found = issued.get(token);
      if (found === undefined) throw new GoogleError('INVALID_ARGUMENT', 'The continuation token is not valid.');
      return found;
    },
  };
}
