import type { Answer } from '../answers/answer.ts';
import { defineFault } from './define-fault.ts';

/** One very large part, as pictures come. */
export const largePart = defineFault({
  description: 'The answer ends with one event that carries megabytes of inline data.',
  defaults: { megabytes: 16, mimeType: 'image/png' },
  answer(answer, { megabytes, mimeType }): Answer {
    // Base64 makes four characters of three bytes.
    const data = Buffer.alloc(Math.ceil((megabytes * 1024 * 1024 * 3) / 4), 0x5a).toString('base64');
    const piece = { parts: [{ inlineData: { mimeType, data } }], tokens: 1_290 };
    return {
      ...answer,
      candidates: answer.candidates.map((candidate) => ({ ...candidate, pieces: [...candidate.pieces, piece] })),
    };
  },
});
