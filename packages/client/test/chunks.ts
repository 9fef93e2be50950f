import type { Candidate, GenerateContentResponse, Part } from '@gemini/client';

/** A chunk of one candidate. */
export function chunk(parts: Part[], candidate: Partial<Candidate> = {}): GenerateContentResponse {
  return { candidates: [{ index: 0, content: { role: 'model', parts }, ...candidate }] };
}

/** Chunks or other payloads, and raw text between them. */
export type Chunks = readonly (GenerateContentResponse | object | string)[];

/** Chunks as they are on the wire. */
export function body(...events: Chunks): Buffer {
  return Buffer.from(
    events.map((event) => (typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\r\n\r\n`)).join(''),
  );
}
