import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { runChild } from './run-child.ts';

const mebibyte = 1024 * 1024;
const maxEventBytes = 4 * mebibyte;
// What the goal allows: four of the largest events, and 16 MiB for everything else.
const maxGrowthBytes = maxEventBytes * 4 + 16 * mebibyte;

/** Consumes a stream in a child with a heap of its own, and tells the most that it held after a forced collection. */
const heldBy = async (
  baseUrl: string,
  consumer: string,
  contentIdleTimeoutMs = Infinity,
): Promise<{ heldBytes: number; code?: string }> => {
  const run = await runChild(
    `
    import { openEventStream } from '@gemini/http-streaming';
    const url = ${JSON.stringify(baseUrl)} + '/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';
    const json = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
    const held = () => {
      globalThis.gc();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const before = held();
    let most = 0;
    const timer = setInterval(() => { most = Math.max(most, held()); }, 50);
    const limits = { maxEventBytes: ${maxEventBytes}, contentIdleTimeoutMs: ${contentIdleTimeoutMs}, retry: false };
    const stream = await openEventStream({ url, json }, limits);
    let code;
    try {
      ${consumer}
    } catch (error) {
      code = error.code;
      most = Math.max(most, held());
    }
    clearInterval(timer);
    stream.cancel();
    console.log(JSON.stringify({ heldBytes: most - before, code }));
    `,
    { flags: ['--expose-gc'] },
  );
  expect(run).toMatchObject({ stderr: '', exitCode: 0 });
  return JSON.parse(run.stdout);
};

describe('memory stays flat', () => {
  it.for([
    ['endless-data-line', 'invalid-body', Infinity],
    ['endless-comments', 'content-idle-timeout', 600],
  ] as const)('memory stays flat under %s', async ([scenario, code, contentIdleTimeoutMs]) => {
    await using emulator = await createEmulator({ scenario });
    const held = await heldBy(emulator.url, 'for await (const event of stream);', contentIdleTimeoutMs);
    expect(held.code).toBe(code);
    expect(held.heldBytes).toBeLessThan(maxGrowthBytes);
  });

  it('memory stays flat while a consumer stops in the middle of a huge body', async () => {
    await using emulator = await createEmulator({ scenario: 'flood-of-events' });
    const consumer = `
      let count = 0;
      for await (const event of stream) {
        count += 1;
        if (count === 100) await new Promise((resolve) => setTimeout(resolve, 400));
        if (count === 20_000) break;
      }
    `;
    const held = await heldBy(emulator.url, consumer);
    expect(held.code).toBeUndefined();
    expect(held.heldBytes).toBeLessThan(maxGrowthBytes);
    // The server had to wait: it could not write more than was read.
    expect(emulator.requests[0]?.bytesWritten).toBeLessThan(100_000 * 500);
  });
});
