import { createGemini } from '@gemini/client';
import { createEmulator, type Recording } from '@gemini/emulator';
import { readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { recordedStreams } from './recorded-streams.ts';

type Cut = NonNullable<Recording['chunkBytes']>;

// Two megabytes, one byte a write, need more than ten seconds of processor time: that is for `pnpm proof`.
const mostByteByByte = process.env['EVERY_CASE'] === undefined ? 64 * 1024 : Infinity;

describe.for(recordedStreams())('$file', { timeout: 600_000 }, ({ path, contentType, gzip, text }) => {
  const small = statSync(path).size <= mostByteByByte ? 1 : 61;
  it.for<Cut>(['whole', small, 16_384])('gives its text through every layer, cut by %s', async (chunkBytes) => {
    const contentEncoding = gzip ? 'gzip' : undefined;
    const recording = { body: readFileSync(path), contentType, contentEncoding, chunkBytes };
    await using emulator = await createEmulator({ recording });
    const gemini = createGemini({ baseUrl: emulator.url });

    const stream = gemini.stream('anything');
    let streamed = '';
    const seen: string[] = [];
    try {
      for await (const event of stream) {
        seen.push(event.type);
        if (event.type === 'text-delta' && event.candidate === 0) streamed += event.text;
      }
    } catch {
      // A recording may be one of a failure: its outcome is looked at below.
    }
    const outcome = await stream.outcome;
    expect(streamed).toBe(text);
    expect(outcome.text).toBe(text);
    expect(seen.indexOf('end')).toBe(seen.length - 1);
    expect(gemini.streamStats()).toMatchObject({ active: 0, starting: 0, queued: 0 });
  });
});
