import { createEmulator } from '@gemini/emulator';
import { describe, expect, it } from 'vitest';
import { commandTimeoutMs, runCommand } from './run-command.ts';

const escape = '\u001b';

describe('colours', { timeout: commandTimeoutMs }, () => {
  it('are not written to a pipe', async () => {
    await using emulator = await createEmulator();
    const run = await runCommand(['--timing', '--thinking', 'Say yes'], { env: { GEMINI_BASE_URL: emulator.url } });
    expect(run.stdout + run.stderr).not.toContain(escape);
  });

  it('are written with FORCE_COLOR, and never inside an answer', async () => {
    await using emulator = await createEmulator();
    const env = { FORCE_COLOR: '1', GEMINI_BASE_URL: emulator.url };
    const timed = await runCommand(['--timing', 'Say yes'], { env });
    expect(timed.stdout).toContain(`${escape}[2m`);
    const plain = await runCommand(['Say yes'], { env });
    expect(plain.stdout).toBe('yes');
  });
});
