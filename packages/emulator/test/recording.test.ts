import { describe, expect, it } from 'vitest';
import { createEmulator } from '../src/index.ts';
import { ask, rawRequest, streamPath } from './raw-request.ts';

const body = Buffer.from('data: {"a":"ä"}\r\n\r\ndata: {"b":1}\n\ndata: {"c":1}\r\rdata: tail');

describe('recordings', () => {
  it.for([
    ['whole', 1],
    [1, body.byteLength],
    [16_384, 1],
    ['event', 4],
  ] as const)('a recording is played byte for byte in chunks of %s', async ([chunkBytes, writes]) => {
    await using emulator = await createEmulator({ recording: { body, chunkBytes } });
    const response = await rawRequest(emulator.url, streamPath, { body: ask('hi') });
    expect(response.body).toBe(body.toString());
    expect(response.chunks).toHaveLength(writes);
  });

  it('a recording has the given status, content type and encoding', async () => {
    const recording = { body, status: 429, contentType: 'application/json', contentEncoding: 'gzip' };
    await using emulator = await createEmulator({ recording });
    const response = await rawRequest(emulator.url, streamPath, { body: ask('hi') });
    expect(response.status).toBe(429);
    expect(response.head).toMatch(/content-type: application\/json/iu);
    expect(response.head).toMatch(/content-encoding: gzip/iu);
  });

  it.for([{ chunkBytes: 0 }, { chunkBytes: 1.5 }, { delayMs: -1 }])('a recording with %o is refused', async (wrong) => {
    await expect(createEmulator({ recording: { body, ...wrong } })).rejects.toThrow(TypeError);
  });
});
