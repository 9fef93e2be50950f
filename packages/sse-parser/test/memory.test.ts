import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('measure-memory.ts', import.meta.url));
const execute = promisify(execFile);
const flags = ['--conditions=@gemini/source', '--expose-gc', '--no-warnings', program];

interface Measured {
  readonly name: string;
  readonly outcome: string;
  readonly peakBytes: number;
  readonly limitBytes: number;
}

interface Failed {
  readonly name: string;
  readonly outcome: string;
  readonly pending: boolean;
  readonly keptBytes: number;
}

const { stdout } = await execute(process.execPath, flags);
const { results, failed } = JSON.parse(stdout) as { results: readonly Measured[]; failed: readonly Failed[] };

const tooLarge = new Set([
  'a data line of 64 MB',
  'a data line of 64 MB in one piece',
  'an event line of 64 MB',
  'an id line of 64 MB',
  'a retry line of 64 MB',
  'a million short data lines',
  'a million event lines',
  'a million id lines',
  'single bytes of a data line',
]);

describe('memory', () => {
  it.for(results)('stays under four times the limit and 16 MiB with $name', (measured) => {
    expect(measured.outcome).toBe(tooLarge.has(measured.name) ? 'event-too-large' : 'read');
    expect(measured.peakBytes).toBeLessThan(measured.limitBytes * 4 + 16 * 1024 * 1024);
  });

  it.for(failed)('keeps nothing of a stream that failed by $name', ({ outcome, pending, keptBytes }) => {
    expect({ outcome, pending }).toEqual({ outcome: expect.not.stringMatching('read'), pending: false });
    expect(keptBytes).toBeLessThan(512 * 1024);
  });
});
