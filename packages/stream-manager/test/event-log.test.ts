import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventLog } from '../src/event-log.ts';

it('the log reads the same as a plain array from any index still held, whatever was trimmed', () => {
  const step = fc.oneof(
    fc.record({ append: fc.nat(1_000) }),
    fc.record({ burst: fc.integer({ min: 1, max: 700 }) }),
    fc.record({ trimTo: fc.nat(3_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const log = new EventLog<number>(1);
      const sizes: number[] = [];
      let oldest = 0;
      const append = (bytes: number): void => {
        log.append(sizes.length, bytes);
        sizes.push(bytes);
      };
      for (const given of steps) {
        if ('append' in given) append(given.append);
        else if ('burst' in given) for (let count = 0; count < given.burst; count += 1) append(count);
        else {
          log.trimTo(given.trimTo);
          oldest = Math.max(oldest, Math.min(given.trimTo, sizes.length));
        }
        const sum = (from: number): number => sizes.slice(from).reduce((total, size) => total + size, 0);
        expect([log.oldest, log.next]).toEqual([oldest, sizes.length]);
        expect([log.heldBytes, log.totalBytes]).toEqual([sum(oldest), sum(0)]);
        for (const index of [oldest, (oldest + sizes.length) >> 1, sizes.length - 1]) {
          if (index < oldest || index >= sizes.length) continue;
          expect(log.read(index)).toBe(index);
          expect(log.bytesFrom(index)).toBe(sum(index));
        }
      }
    }),
    { numRuns: 60 },
  );
});

it('the log keeps nothing that it has trimmed', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const log = new EventLog<number>(1);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 1_000_000; index += 1) {
    log.append(index, 1);
    if (index >= 10) log.trimTo(index - 9);
  }
  collect();
  // A million slots in two arrays are 16 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(4_000_000);
  expect(log.heldBytes).toBe(10);
  expect(log.read(999_999)).toBe(999_999);
  expect(log.read(999_990)).toBe(999_990);
});

it('the log counts no bytes of the events that it has skipped', () => {
  const log = new EventLog<number>(1);
  for (const bytes of [5, 7]) log.append(bytes, bytes);
  log.skipTo(10);
  log.append(3, 3);
  expect([log.oldest, log.next, log.heldBytes, log.bytesFrom(10), log.bytesFrom(11)]).toEqual([10, 11, 3, 3, 0]);
});
