import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';

/** A piece of an answer's text, and its time since the request, in milliseconds. */
export interface TextChunk {
  readonly atMs: number;
  readonly text: string;
}

/** The same answer as a reader gets it live, and behind a proxy that buffers it. */
export interface MeasuredAnswers {
  readonly live: readonly TextChunk[];
  readonly buffered: readonly TextChunk[];
}

/** Streams one answer of the emulator twice, over real sockets, and takes the time of each piece in the callback. */
export async function measureAnswers(pace: {
  readonly timeToFirstTokenMs: number;
  readonly tokensPerSecond: number;
}): Promise<MeasuredAnswers> {
  await using emulator = await createEmulator({ pace });
  const live = await measureAnswer(emulator.url);
  const buffered = await measureAnswer(`${emulator.url}/__scenario/buffered`);
  return { live, buffered };
}

async function measureAnswer(baseUrl: string): Promise<TextChunk[]> {
  const gemini = createGemini({ baseUrl, apiKey: 'test-key' });
  const chunks: TextChunk[] = [];
  const startMs = performance.now();
  for await (const text of gemini.stream('Why do tides follow the moon?').textStream) {
    chunks.push({ atMs: performance.now() - startMs, text });
  }
  return chunks;
}
