import { expect, it } from 'vitest';
import { createMemoryLog } from '../src/event-log.ts';
import { createFanOut } from '../src/fan-out.ts';
import { defaultStreamManagerOptions } from '../src/options.ts';
import type { Reader } from '../src/cursor.ts';

it('forgets a reader that leaves while it waits', () => {
  const hooks = { onPause() {}, onSubscribersCount() {}, onDetach() {} };
  const fanOut = createFanOut<number, void>('a', createMemoryLog<number>(1), defaultStreamManagerOptions, hooks);
  const woken: string[] = [];
  const readerOf = (name: string): Reader => ({
    index: 0,
    gapFrom: -1,
    onSlow: 'buffer',
    wake: () => woken.push(name),
    detach() {},
  });
  const [stays, leaves] = [readerOf('stays'), readerOf('leaves')];
  for (const reader of [stays, leaves]) {
    fanOut.enter(reader);
    fanOut.wait(reader);
  }
  fanOut.leave(leaves);
  fanOut.append(1, 1);
  expect(woken).toEqual(['stays']);
});
