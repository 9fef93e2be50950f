import { createEmulator } from '@gemini/emulator';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const mebibyte = 1024 * 1024;
const maxEventBytes = 4 * mebibyte;
const megabytes = 1_024;
const eventBytes = 1_024;

const consumeSlowly = (baseUrl: string): string => `
  import { openEventStream } from '@gemini/http-streaming';
  const url = '${baseUrl}/v1beta/models/gemini-flash-latest:streamGenerateContent?alt=sse';
  const json = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
  const held = () => {
    globalThis.gc();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  let most = 0;
  let count = 0;
  for await (const event of await openEventStream({ url, json }, { maxEventBytes: ${maxEventBytes} })) {
    count += 1;
    if (count % 100_000 === 0) most = Math.max(most, held());
    if (count === 300_000) await new Promise((resolve) => setTimeout(resolve, 5_000));
    if (count === 300_000) most = Math.max(most, held());
  }
  console.log(JSON.stringify({ count, heldBytes: most - before }));
`;

it('the transport buffers almost nothing of a gigabyte while its reader stops', async () => {
  const scenario = [{ type: 'flood', what: 'events', afterEvents: 0, megabytes }] as const;
  await using emulator = await createEmulator({ scenario });
  const code = consumeSlowly(emulator.url);
  const nodeArguments = ['--conditions=@gemini/source', '--expose-gc', '--input-type=module', '--eval', code];
  const cwd = new URL('..', import.meta.url);
  const { stdout } = await promisify(execFile)(process.execPath, nodeArguments, { cwd });
  const { count, heldBytes } = JSON.parse(stdout) as { readonly count: number; readonly heldBytes: number };
  expect(count).toBe((megabytes * mebibyte) / eventBytes);
  // Four of the largest events, and 16 MiB for all else.
  expect(heldBytes).toBeLessThan(4 * maxEventBytes + 16 * mebibyte);
});
