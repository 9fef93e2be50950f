import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createStreamManager, type StreamSink, type Subscription } from '../src/index.ts';
import { SharedMemory } from './memory-log.ts';
import { at, settle } from './nodes.ts';

/** A reader that changes nodes: it comes to the next one with its last position, as a browser does. */
interface Traveller {
  readonly events: number[];
  readonly ends: unknown[];
  position: string | undefined;
  subscription: Subscription<string> | undefined;
}

type Step =
  | { readonly type: 'push'; readonly count: number }
  | { readonly type: 'move'; readonly reader: number; readonly node: number }
  | { readonly type: 'leave'; readonly reader: number }
  | { readonly type: 'away' | 'back' | 'stall' | 'die' | 'wait' };

const reader = fc.nat(2);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('push' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('move' as const), reader, node: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('leave' as const), reader }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constantFrom('away' as const, 'back', 'stall', 'die', 'wait') }) },
);

it('any reader on any node from any position gets the same events in the same order, each once, and the same end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const memory = new SharedMemory();
      const options = { streamLog: () => memory.open(), lingerMs: Infinity };
      const nodes = Array.from({ length: 3 }, () => createStreamManager<number, string>(options));
      const travellers = Array.from({ length: 3 }, (): Traveller => {
        return { events: [], ends: [], position: undefined, subscription: undefined };
      });
      let sink: StreamSink<number, string> | undefined;
      let next = 0;
      // A source that continues exactly after what the log holds: what was pushed and not stored is pushed again.
      const source = {
        start: (given: StreamSink<number, string>) => void (sink = given),
        resume(given: StreamSink<number, string>, events: readonly number[]) {
          sink = given;
          next = events.length;
        },
      };
      let leading = 0;
      at(nodes, leading).start(source, { id: 'tides' });
      await at(nodes, leading).attach('tides');

      const leave = (traveller: Traveller): void => {
        traveller.subscription?.unsubscribe();
        traveller.subscription = undefined;
      };
      const move = async (traveller: Traveller, node: number): Promise<void> => {
        leave(traveller);
        const stream = await at(nodes, node)
          .attach('tides')
          .catch(() => undefined);
        if (stream === undefined || traveller.subscription !== undefined || traveller.ends.length > 0) return;
        traveller.subscription = stream.subscribe(
          {
            item(event, position) {
              traveller.events.push(event);
              traveller.position = position;
            },
            end: (end) => void traveller.ends.push(end),
          },
          { from: traveller.position ?? 'start' },
        );
      };
      const isStalled = (): boolean => [...memory.leaders].some(({ isFrozen }) => isFrozen);
      const back = (): void => {
        for (const leader of memory.leaders) leader.isFrozen = false;
        memory.comeBack();
      };
      for (const given of steps) {
        if (given.type === 'push') {
          for (let left = given.count; left > 0; left -= 1) {
            sink?.push(next);
            next += 1;
          }
        } else if (given.type === 'move') await move(at(travellers, given.reader), given.node);
        else if (given.type === 'leave') leave(at(travellers, given.reader));
        else if (given.type === 'away') memory.isAway = true;
        else if (given.type === 'back') back();
        else if (given.type === 'stall') for (const leader of memory.leaders) leader.isFrozen = true;
        else if (given.type === 'wait') await settle();
        else if (!memory.isAway && !isStalled()) {
          // The leading process is gone, its readers with it, and another node is asked to start the stream.
          for (const traveller of travellers) {
            if (traveller.subscription !== undefined) leave(traveller);
          }
          memory.forget('tides');
          nodes[leading] = createStreamManager<number, string>(options);
          leading = (leading + 1) % nodes.length;
          at(nodes, leading).start(source, { id: 'tides', onDuplicate: 'join' });
          await at(nodes, leading).attach('tides');
        }
        await Promise.resolve();
      }
      back();
      await settle();
      for (const traveller of travellers) await move(traveller, 0);
      sink?.push(next);
      sink?.end('done');
      for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      const events = Array.from({ length: next + 1 }, (_, index) => index);
      for (const traveller of travellers) {
        expect(traveller.events).toEqual(events);
        expect(traveller.ends).toEqual([{ status: 'completed', result: 'done', eventsCount: events.length }]);
      }
      await Promise.all(nodes.map((node) => node.close()));
    }),
    { numRuns: 200 },
  );
});
