import { describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

const escape = '\u001b';

describe.concurrent('colours', () => {
  it('are not in a pipe', async () => {
    const run = await runCommand(['--timing', '--thinking', 'Say yes']);
    expect(run.stdout + run.stderr).not.toContain(escape);
  });

  it('are there where they are asked for, in our own words only', async () => {
    const timed = await runCommand(['--timing', 'Say yes'], { env: { FORCE_COLOR: '1' } });
    expect(timed.stdout).toContain(`${escape}[2m`);
    const plain = await runCommand(['Say yes'], { env: { FORCE_COLOR: '1' } });
    expect(plain.stdout).toBe('yes');
  });
});
