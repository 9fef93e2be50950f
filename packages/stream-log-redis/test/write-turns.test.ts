import { beforeEach, describe, expect, it, vi } from 'vitest';
import { WriteTurns } from '../src/write-turns.ts';

beforeEach(() => {
  vi.useFakeTimers();
  return () => void vi.useRealTimers();
});

/** Makes writes, evenly spread over a time. Returns how long each waited, in milliseconds. */
async function write(turns: WriteTurns, count: number, overMs: number): Promise<number[]> {
  const waits: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const startedAt = performance.now();
    void turns.next().then(() => waits.push(performance.now() - startedAt));
    await vi.advanceTimersByTimeAsync(overMs / count);
  }
  await vi.advanceTimersByTimeAsync(10);
  return waits;
}

describe('the writes of all streams', () => {
  it('are made at once while there are few, also if many come at one time', async () => {
    const turns = new WriteTurns();
    expect(await write(turns, 400, 200)).toEqual(Array.from({ length: 400 }, () => 0));
    expect(await write(turns, 200, 0)).toEqual(Array.from({ length: 200 }, () => 0));
  });

  it('go together while there are many, and none waits for longer than a turn', async () => {
    const turns = new WriteTurns();
    await write(turns, 1_000, 200);
    const waits = await write(turns, 400, 80);
    expect(waits).toHaveLength(400);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2);
    // Ten in each turn: the waits of one are all different.
    expect(new Set(waits).size).toBeGreaterThan(5);
  });

  it('are made at once again when they have become few', async () => {
    const turns = new WriteTurns();
    await write(turns, 1_000, 200);
    await write(turns, 1, 500);
    expect(await write(turns, 20, 20)).toEqual(Array.from({ length: 20 }, () => 0));
  });
});
