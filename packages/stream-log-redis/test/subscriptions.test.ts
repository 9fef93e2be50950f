import { describe, expect, it } from 'vitest';
import { HeldMessages } from '../src/held-messages.ts';
import { retryDelayMs } from '../src/timing.ts';

describe('held messages', () => {
  it('are given once, in order', () => {
    const held = new HeldMessages();
    held.onMessage('one');
    held.onMessage('two');
    expect(held.take()).toEqual(['one', 'two']);
    expect(held.take()).toEqual([]);
  });

  it('are forgotten past their limit, and after an outage: the log has to be read', () => {
    const held = new HeldMessages();
    held.onMessage('a'.repeat(262_144));
    held.onMessage('b');
    expect(held.take()).toBeUndefined();
    held.onMessage('one');
    held.onRestored();
    held.onMessage('two');
    expect(held.take()).toBeUndefined();
    expect(held.take()).toEqual([]);
  });
});

describe('the time before a call is made again', () => {
  it('doubles up to a second, and is spread over half of it', () => {
    expect([0, 1, 2, 3, 4, 5, 50].map((failures) => retryDelayMs(failures, 1))).toEqual([
      50, 100, 200, 400, 800, 1_000, 1_000,
    ]);
    expect(retryDelayMs(50, 0)).toBe(500);
  });
});
