import { createGemini } from '@gemini/client';
import { createEmulator } from '@gemini/emulator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Continuation } from '../src/answer/continuation.ts';
import { ChunkReader } from '../src/wire/read-chunk.ts';
import { GeminiError } from '../src/errors.ts';
import { ResponseMerger } from '../src/merge/merge-response.ts';
import { eventSize } from '../src/merge/sizes.ts';
import { type StoredStreamEvent } from '../src/types.ts';
import { body } from './chunks.ts';
import { hostileShapes, type HostileShape } from './hostile-payloads.ts';
import { measureWork } from './work-meter.ts';

/** The limit of the retained content, in characters. */
const maxResponseBytes = 100_000_000;

/** The path of a payload without its socket: parser, guard, resume point, merge, and the size of each event. */
class Pipe {
  readonly merger;
  readonly events: StoredStreamEvent[] = [];
  eventsBytes = 0;
  error: unknown;
  readonly #keepContent: boolean;

  constructor(keepContent: boolean) {
    this.#keepContent = keepContent;
    this.merger = new ResponseMerger(keepContent);
  }

  read(payloads: readonly string[]): void {
    const reader = new ChunkReader(maxResponseBytes);
    const point = new Continuation(maxResponseBytes);
    try {
      for (const data of payloads) {
        const chunk = reader.read(data);
        if (chunk !== undefined) this.merger.add(point.follow(chunk), (event) => this.#emit(event), data.length);
      }
    } catch (error) {
      this.error = error;
    }
    this.merger.finish((event) => this.#emit(event), true);
    this.merger.text();
  }

  #emit(event: StoredStreamEvent): void {
    this.eventsBytes += eventSize(event);
    // Events that pass through are not retained.
    if (this.#keepContent) this.events.push(event);
  }
}

const jsonLengthOf = (value: unknown): number => JSON.stringify(value)?.length ?? 0;

/** Reads payloads, and asserts that all costs are within bounds that grow only with the length of the payloads. */
const expectBounded = async (payloads: readonly object[], keepContent: boolean): Promise<void> => {
  const texts = payloads.map((payload) => JSON.stringify(payload));
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  const pipe = new Pipe(keepContent);
  const { steps, allocatedBytes } = await measureWork(() => pipe.read(texts));
  const { merger, events, error } = pipe;
  if (error !== undefined) expect(error).toBeInstanceOf(GeminiError);
  // Each payload with token counts makes an event with all of them: at most 128, looked at a few times.
  const usageCount = payloads.filter((payload) => 'usageMetadata' in payload).length;
  expect(steps).toBeLessThan(20_000 + 5 * length + 1_000 * usageCount);
  expect(allocatedBytes).toBeLessThan(1_000_000 + 300 * length + 20_000 * usageCount);
  const responseLength = jsonLengthOf(merger.response);
  expect(responseLength).toBeLessThan(1_000 + 4 * length);
  // All retained content counts.
  expect(responseLength).toBeLessThan(1_000 + merger.heldLength);
  for (const event of events) expect(eventSize(event)).toBeGreaterThanOrEqual(jsonLengthOf(event));
};

const shapes = Object.entries<HostileShape>(hostileShapes);

describe('hostile payloads', () => {
  it.for(shapes)('the cost of a response is bounded by the length of its payloads: %s', async ([, shape]) => {
    await expectBounded(shape(1_000), true);
    await expectBounded(shape(1_000), false);
  });

  it('the cost of a response is bounded for any mix of hostile payloads', async () => {
    const part = fc.tuple(fc.constantFrom(...shapes.map(([name]) => name)), fc.integer({ min: 1, max: 400 }));
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), fc.boolean(), async (parts, keepContent) => {
        const lists = parts.map(([name, n]) => new Map(shapes).get(name)?.(n) ?? []);
        const longest = Math.max(...lists.map((payloads) => payloads.length));
        const inTurn = Array.from({ length: longest }, (_, at) => lists.flatMap((payloads) => payloads[at] ?? []));
        await expectBounded(inTurn.flat(), keepContent);
      }),
      { numRuns: 25 },
    );
  });
});

describe('hostile payloads over a socket', () => {
  const limit = 10_000;

  it.for(shapes)('a stream ends with a typed outcome within its limit: %s', async ([, shape]) => {
    const payloads = shape(200);
    await using emulator = await createEmulator({ recording: { body: body(...payloads) } });
    const gemini = createGemini({ baseUrl: emulator.url, maxResponseBytes: limit, retry: false });
    for (const keepContent of [true, false]) {
      const { status, error, response } = await gemini.stream('hi', { keepContent }).outcome;
      expect(['truncated', 'failed', 'completed']).toContain(status);
      if (status === 'failed') expect(error?.code).toMatch(/^(?:response-too-large|invalid-chunk)$/);
      // It includes the last payload.
      const longest = Math.max(...payloads.map(jsonLengthOf));
      expect(jsonLengthOf(response)).toBeLessThan(4 * (limit + longest));
    }
  });
});
