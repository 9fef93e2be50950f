import type { DeliveryVerdict, GeminiErrorCode, GenerateContentResponse, OutcomeStatus } from '@gemini/client';

/** One event of a measured stream. Times are in milliseconds since the request, on one clock. */
export interface MeasuredEvent {
  /** When the server wrote it. Undefined where the server does not tell. */
  readonly sentMs?: number | undefined;
  readonly arrivedMs: number;
  /** When it had been written to the screen. */
  readonly shownMs: number;
  /** Its payload's size in UTF-8. */
  readonly bytes: number;
  /** What it says, for a person: untrusted, and as long as the server likes. */
  readonly text: string;
}

/** How a measured stream ended. */
export interface RunEnd {
  /** `stopped` is our own doing: a limit of the measurement, or an interrupt. */
  readonly status: OutcomeStatus;
  readonly error?:
    | { readonly code: GeminiErrorCode; readonly message: string; readonly status?: number | undefined }
    | undefined;
}

/** One stream, measured: all that text, JSON and HTML are made of. */
export interface MeasuredRun {
  /** Epoch milliseconds with a fraction, when the request was sent. */
  readonly startedAt: number;
  /** Milliseconds since the request. */
  readonly endedMs: number;
  readonly events: readonly MeasuredEvent[];
  readonly verdict: DeliveryVerdict;
  readonly end: RunEnd;
}

/** The present as epoch milliseconds with a fraction, on the clock that does not jump. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

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

/** Long enough for a model to answer in more than a few events: fewer than five cannot be told from a buffered answer. */
export const longPrompt = 'Explain in about 150 words why tides follow the moon.';
