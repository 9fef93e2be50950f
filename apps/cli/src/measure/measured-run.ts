import type { DeliveryVerdict, GeminiErrorCode, GenerateContentResponse, OutcomeStatus } from '@gemini/client';

/** One event of a measured stream. Times are in milliseconds since the request, on one clock. */
export interface MeasuredEvent {
  /** When the server wrote it; `undefined` if the server does not report it. */
  readonly sentMs?: number | undefined;
  readonly arrivedMs: number;
  /** When it was written to the screen. */
  readonly shownMs: number;
  /** Its payload's size in UTF-8. */
  readonly bytes: number;
  /** Its text for a person: untrusted, and of any length. */
  readonly text: string;
}

/** The end of a measured stream. */
export interface RunEnd {
  /** `stopped`: by a limit of the measurement, or by an interrupt. */
  readonly status: OutcomeStatus;
  readonly error?:
    | { readonly code: GeminiErrorCode; readonly message: string; readonly status?: number | undefined }
    | undefined;
}

/** One measured stream: the data of every text, JSON and page. */
export interface MeasuredRun {
  /** Epoch milliseconds with a fraction, when the request was sent. */
  readonly startedAt: number;
  /** Milliseconds since the request. */
  readonly endedMs: number;
  readonly events: readonly MeasuredEvent[];
  readonly verdict: DeliveryVerdict;
  readonly end: RunEnd;
}

/** Returns the present as epoch milliseconds with a fraction, on the monotonic clock. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Returns the text of a response chunk, or the names of its other fields. */
export function chunkText(chunk: GenerateContentResponse): string {
  if ('event_type' in chunk) return interactionText(chunk);
  const parts = chunk.candidates?.flatMap((candidate) => candidate.content?.parts ?? []) ?? [];
  const texts = parts.map((part) => part.text ?? `(${Object.keys(part).join(', ')})`);
  return texts.join('') || `(${Object.keys(chunk.candidates?.[0] ?? chunk).join(', ')})`;
}

function interactionText({ event_type: type, delta }: InteractionEvent): string {
  return typeof delta?.text === 'string' && delta.type === 'text' ? delta.text : `(${String(type)})`;
}

/** An event of the Interactions API, as far as its text needs it. */
interface InteractionEvent {
  readonly event_type?: unknown;
  readonly delta?: { readonly type?: unknown; readonly text?: unknown } | undefined;
}

/** Returns the message of an error event, or `undefined` for another event. */
export function eventError(data: string): string | undefined {
  if (!data.includes('"error"')) return undefined;
  const { error } = (parsed(data) ?? {}) as { readonly error?: { readonly message?: unknown } };
  if (typeof error !== 'object' || error === null) return undefined;
  return typeof error.message === 'string' ? error.message : 'the server sent an error as an event';
}

/** Returns the text of any SSE event: of a response chunk if it looks like one, otherwise its data. */
export function eventText(data: string): string {
  const value = data.includes('"candidates"') || data.includes('"event_type"') ? parsed(data) : undefined;
  try {
    return value === undefined ? data : chunkText(value);
  } catch {
    // It only looked like a response chunk.
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

/** A prompt for an answer of at least five events: with fewer, a live answer looks like a buffered one. */
export const longPrompt = 'Explain in about 150 words why tides follow the moon.';
