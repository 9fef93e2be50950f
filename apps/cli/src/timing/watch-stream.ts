import type { DeliveryVerdict, GeminiStream, GenerateContentResponse, StreamOutcome } from '@gemini/client';

/** One chunk as it was shown. */
export interface WatchedChunk {
  /** Epoch milliseconds with a fraction, after it was shown. */
  readonly shownAt: number;
  readonly chunk: GenerateContentResponse;
}

/** A whole stream, watched. */
export interface WatchedStream {
  /** Epoch milliseconds with a fraction, when the prompt was sent. */
  readonly startedAt: number;
  readonly chunks: readonly WatchedChunk[];
  readonly outcome: StreamOutcome;
  readonly verdict: DeliveryVerdict;
}

/** Shows each chunk as it arrives and notes when it was on the screen. `start` must ask for raw chunks. */
export async function watchStream(
  start: () => GeminiStream,
  show: (text: string, sinceStartMs: number) => void,
): Promise<WatchedStream> {
  const startedAt = now();
  const stream = start();
  const chunks: WatchedChunk[] = [];
  try {
    for await (const event of stream) {
      if (event.type !== 'chunk') continue;
      show(shownText(event.chunk), now() - startedAt);
      chunks.push({ shownAt: now(), chunk: event.chunk });
    }
  } catch {
    // The outcome has it.
  }
  return { startedAt, chunks, outcome: await stream.outcome, verdict: stream.verdict() };
}

/** What a chunk brings, for a person: its text, or the names of what it has instead. */
function shownText(chunk: GenerateContentResponse): string {
  const parts = chunk.candidates?.flatMap((candidate) => candidate.content?.parts ?? []) ?? [];
  const texts = parts.map((part) => part.text ?? `(${Object.keys(part).join(', ')})`);
  return texts.join('') || `(${Object.keys(chunk.candidates?.[0] ?? chunk).join(', ')})`;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
