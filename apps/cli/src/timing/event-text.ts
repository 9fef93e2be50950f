import type { GenerateContentResponse } from '@gemini/client';

/** What a chunk brings, for a person: its text, or the names of what it has instead. */
export function chunkText(chunk: GenerateContentResponse): string {
  const parts = chunk.candidates?.flatMap((candidate) => candidate.content?.parts ?? []) ?? [];
  const texts = parts.map((part) => part.text ?? `(${Object.keys(part).join(', ')})`);
  return texts.join('') || `(${Object.keys(chunk.candidates?.[0] ?? chunk).join(', ')})`;
}

/** The message of an error that came as an event; `undefined` where the event is none. */
export function eventError(data: string): string | undefined {
  if (!data.includes('"error"')) return undefined;
  const { error } = (parsed(data) ?? {}) as { readonly error?: { readonly message?: unknown } };
  if (typeof error !== 'object' || error === null) return undefined;
  return typeof error.message === 'string' ? error.message : 'the server sent an error as an event';
}

/** What any server-sent event says, for a person: a chunk's text where it looks like one, else its data. */
export function eventText(data: string): string {
  const value = data.includes('"candidates"') ? parsed(data) : undefined;
  try {
    return value === undefined ? data : chunkText(value);
  } catch {
    // It only looked like one.
    return data;
  }
}

function parsed(data: string): object | undefined {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
