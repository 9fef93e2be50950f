import type { EventStreamConsumer } from '@gemini/http-streaming';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventIterator } from '../src/event-iterator.ts';

const event = fc.record({
  data: fc.nat(5_000).map((length) => 'd'.repeat(length)),
  event: fc.option(
    fc.nat(60_000).map((length) => 'e'.repeat(length)),
    { nil: undefined },
  ),
  id: fc.option(
    fc.nat(60_000).map((length) => '\u20ac'.repeat(length)),
    { nil: undefined },
  ),
});

/** An iterator over events that the test hands to its consumer. */
const iterate = (maxBufferedBytes: number) => {
  const source = { isPaused: false, consumer: undefined as EventStreamConsumer | undefined };
  const consume = (consumer: EventStreamConsumer) => {
    source.consumer = consumer;
    return { pause: () => void (source.isPaused = true), resume: () => void (source.isPaused = false) };
  };
  const iterator = new EventIterator({ consume, cancel() {} }, maxBufferedBytes);
  return { source, iterator };
};

it('an iterator buffers a bounded number of characters and events, whatever their shape', () => {
  fc.assert(
    fc.property(
      fc.array(event, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 300_000 }),
      (shapes, max) => {
        const { source } = iterate(max);
        let heldCharacters = 0;
        let heldEvents = 0;
        for (let index = 0; !source.isPaused; index += 1) {
          // Before each event there is room, so what is held can be no more than this.
          expect(2 * heldCharacters + 100 * heldEvents).toBeLessThanOrEqual(max);
          const shape = shapes[index % shapes.length] ?? { data: '', event: undefined, id: undefined };
          source.consumer?.event(shape);
          heldCharacters += shape.data.length + (shape.event?.length ?? 0) + (shape.id?.length ?? 0);
          heldEvents += 1;
        }
      },
    ),
  );
});

it('an iterator buffers a bounded number of empty events', () => {
  const { source } = iterate(256 * 1024);
  for (let count = 0; count < 2_048; count += 1) source.consumer?.event({ data: '' });
  expect(source.isPaused).toBe(true);
});

it('an iterator resumes reading when its buffer is empty', async () => {
  const { source, iterator } = iterate(1);
  source.consumer?.event({ data: 'a' });
  expect(source.isPaused).toBe(true);
  expect(await iterator.next()).toEqual({ done: false, value: { data: 'a' } });
  const next = iterator.next();
  expect(source.isPaused).toBe(false);
  source.consumer?.event({ data: 'b' });
  expect(await next).toEqual({ done: false, value: { data: 'b' } });
});
