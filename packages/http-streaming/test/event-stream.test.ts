import type { EventStreamConsumer } from '@gemini/http-streaming';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { iterateEvents } from '../src/event-stream.ts';

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

it('holds a bounded number of characters and of events, whatever the shape of the events', () => {
  fc.assert(
    fc.property(
      fc.array(event, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 300_000 }),
      (shapes, max) => {
        let isPaused = false;
        let consumer: EventStreamConsumer | undefined;
        iterateEvents(
          {
            consume(given) {
              consumer = given;
              return { pause: () => (isPaused = true), resume: () => (isPaused = false) };
            },
            cancel() {},
          },
          max,
        );
        let heldCharacters = 0;
        let heldEvents = 0;
        for (let index = 0; !isPaused; index += 1) {
          // Before each event there is room, so what is held can be no more than this.
          expect(2 * heldCharacters + 100 * heldEvents).toBeLessThanOrEqual(max);
          const shape = shapes[index % shapes.length] ?? { data: '', event: undefined, id: undefined };
          consumer?.event(shape);
          heldCharacters += shape.data.length + (shape.event?.length ?? 0) + (shape.id?.length ?? 0);
          heldEvents += 1;
        }
      },
    ),
  );
});

it('holds a bounded number of events without any text', () => {
  let isPaused = false;
  let consumer: EventStreamConsumer | undefined;
  iterateEvents(
    {
      consume(given) {
        consumer = given;
        return { pause: () => (isPaused = true), resume() {} };
      },
      cancel() {},
    },
    256 * 1024,
  );
  for (let count = 0; count < 2_048; count += 1) consumer?.event({ data: '' });
  expect(isPaused).toBe(true);
});
