import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('run-in-web-context.ts', import.meta.url));

describe('the package', () => {
  it('runs with web globals alone, and imports nothing from Node', async () => {
    const flags = ['--experimental-vm-modules', '--no-warnings', program];
    const { stdout } = await promisify(execFile)(process.execPath, flags);
    const event = { event: 'e', id: '1', data: 'a 🧭' };
    expect(JSON.parse(stdout)).toEqual({
      pushed: [event, { data: 'b' }],
      pending: false,
      iterated: [event],
      piped: [event],
      code: 'event-too-large',
      splits: 406,
      difference: null,
      hosts: ['undefined', 'undefined', 'undefined', 'undefined'],
    });
  });
});
