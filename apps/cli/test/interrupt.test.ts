import { createEmulator, type EmulatorRequest } from '@gemini/emulator';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startCommand } from './run-command.ts';

const flood = { scenario: 'flood-of-events' };

/** Starts a command whose output nobody reads after its first bytes. */
async function startStalled(words: readonly string[], url: string): Promise<ChildProcess> {
  const child = startCommand(words, { env: { GEMINI_BASE_URL: url } });
  if (child.stdout === null) throw new Error('expected a pipe');
  await once(child.stdout, 'readable');
  return child;
}

/** Resolves when the server writes no more: its client is stuck, or has all. */
async function writingPauses(request: EmulatorRequest | undefined): Promise<void> {
  let writtenBefore = -1;
  while (request?.closedAt === undefined && request?.bytesWritten !== writtenBefore) {
    writtenBefore = request?.bytesWritten ?? 0;
    // Silence has no event.
    await delay(250);
  }
}

describe.concurrent('an interrupt', () => {
  it.for(['SIGINT', 'SIGTERM'] as const)(
    'by %s stops the answer, keeps what came, and still ends the JSON',
    async (signal) => {
      await using emulator = await createEmulator({ pace: { tokensPerSecond: 10, burst: 1 } });
      const child = startCommand(['--json', 'Count from 1 to 100'], { env: { GEMINI_BASE_URL: emulator.url } });
      if (child.stdout === null) throw new Error('expected a pipe');
      const stdout = text(child.stdout);
      await once(child.stdout, 'data');
      child.kill(signal);
      expect(await once(child, 'close')).toEqual([130, null]);
      const lines = (await stdout).trimEnd().split('\n');
      expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
        type: 'end',
        status: 'stopped',
        error: { code: 'stopped' },
      });
      const [request] = emulator.requests;
      expect((await emulator.whenClosed(request?.id ?? '')).closedBy).toBe('client');
    },
  );

  it('ends the process the second time, even where its output is stuck', async () => {
    await using emulator = await createEmulator(flood);
    const child = await startStalled(['hi'], emulator.url);
    const [request] = await emulator.whenReceived(1);
    await writingPauses(request);
    const closed = emulator.whenClosed(request?.id ?? '');
    child.kill('SIGINT');
    // The first has been heard when the server is left; the process still waits for its reader.
    expect((await closed).closedBy).toBe('client');
    expect(child.exitCode).toBeNull();
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
  });
});

describe.concurrent('a reader that stops reading', () => {
  it.for([['hi'], ['--json', 'hi']])('makes the server wait, instead of the command remember: %j', async (words) => {
    await using emulator = await createEmulator(flood);
    const child = await startStalled(words, emulator.url);
    const [request] = await emulator.whenReceived(1);
    await writingPauses(request);
    expect(request?.closedAt).toBeUndefined();
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});
