import type { Candidate, GenerateContentResponse, Part } from '@gemini/client';

/** A chunk of one candidate. */
export function chunk(parts: Part[], candidate: Partial<Candidate> = {}): GenerateContentResponse {
  return { candidates: [{ index: 0, content: { role: 'model', parts }, ...candidate }] };
}

/** Chunks, or raw text between them, as they are on the wire. */
export function body(...events: readonly (GenerateContentResponse | string)[]): Buffer {
  return Buffer.from(
    events.map((event) => (typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\r\n\r\n`)).join(''),
  );
}
