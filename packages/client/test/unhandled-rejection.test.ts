import { createEmulator } from '@gemini/emulator';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('..', import.meta.url));

/** Uses every member of a stream and awaits nothing; prints one line at the end. */
const program = `
  import { createGemini } from '@gemini/client';
  process.on('unhandledRejection', (error) => { console.log('unhandled', error); process.exitCode = 1; });
  const gemini = createGemini({ retry: { maxAttempts: 2, baseDelayMs: 0 } });
  for (let round = 0; round < 2; round += 1) {
    for (const restart of [false, true]) {
      const stream = gemini.stream('hi', { restart });
      stream.text(); stream.outcome; stream.response;
      stream[Symbol.asyncIterator]().next();
      if (!restart) stream.textStream[Symbol.asyncIterator]().next();
      stream.toReadableStream();
      if (round === 1) stream.stop('enough');
    }
    gemini.subscribeStream(gemini.startStream('hi'), () => undefined);
  }
  await Promise.allSettled(gemini.listStreams().map(({ id }) => gemini.streams.get(id)?.ended));
  await new Promise((resolve) => setTimeout(resolve, 50));
  console.log('over');
`;

// A child process starts slowly on a busy machine: one at a time, and without a time limit.
it.for(['always-unavailable', 'reset-after-content', 'no-finish-reason', 'invalid-argument'])(
  'a stream leaves no unhandled rejection, though none of its promises is awaited: %s',
  { timeout: 0 },
  async (scenario) => {
    await using emulator = await createEmulator({ scenario });
    const { stdout, stderr } = await run(
      process.execPath,
      ['--conditions=@gemini/source', '--input-type=module', '--eval', program],
      { cwd: folder, env: { ...process.env, GEMINI_BASE_URL: emulator.url } },
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'over\n', stderr: '' });
  },
);
