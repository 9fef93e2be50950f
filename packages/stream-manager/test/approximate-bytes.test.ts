import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { approximateBytes } from '../src/index.ts';

/** An event and the bytes that V8 holds for it, by what its own heap reports for each kind of value. */
interface Held {
  readonly event: unknown;
  readonly bytes: number;
}

const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Shapes with `count` parts, each a `part` with `size` characters or bytes in it. */
const shapes: Readonly<Record<string, (count: number, part: () => Held, size: number) => Held>> = {
  wide(count, part) {
    const parts = times(count, part);
    return { event: parts.map(({ event }) => event), bytes: parts.reduce((sum, { bytes }) => sum + bytes, 56) };
  },
  deep(count, part) {
    let { event, bytes } = part();
    for (let depth = 0; depth < count; depth += 1) {
      event = [event];
      bytes += 56;
    }
    return { event, bytes };
  },
  sparse(count, part) {
    const event: unknown[] = [];
    let bytes = 56;
    for (let index = 0; index < count; index += 1) {
      const held = part();
      event[(index + 1) * 10_007] = held.event;
      bytes += 40 + held.bytes;
    }
    return { event, bytes };
  },
  named(count, part, size) {
    const parts = times(count, part);
    return {
      event: Object.fromEntries(parts.map(({ event }, index) => [`${'k'.repeat(size)}${index}`, event])),
      bytes: parts.reduce((sum, { bytes }) => sum + bytes + 64 + size, 56),
    };
  },
  mapped(count, part) {
    const parts = times(count, part);
    return {
      event: new Map(parts.map(({ event }, index) => [index, event])),
      bytes: parts.reduce((sum, { bytes }) => sum + bytes + 49, 56),
    };
  },
  collected(count, part) {
    const parts = times(count, part);
    return {
      event: new Set(parts.map(({ event }) => ({ event }))),
      bytes: parts.reduce((sum, { bytes }) => sum + bytes + 67, 56),
    };
  },
  textual(_count, _part, size) {
    return { event: 'x'.repeat(size), bytes: 24 + size };
  },
  viewed(_count, _part, size) {
    return { event: new Uint8Array(size * 100).subarray(0, 1), bytes: 120 + size * 100 };
  },
};

const small: fc.Arbitrary<() => Held> = fc
  .record({
    kind: fc.constantFrom('wide', 'deep', 'sparse', 'named', 'mapped', 'collected', 'textual', 'viewed'),
    count: fc.nat(6),
    size: fc.nat(200),
  })
  .map(
    ({ kind, count, size }) =>
      () =>
        shapes[kind]?.(count, () => ({ event: 1, bytes: 8 }), size) as Held,
  );

describe('approximateBytes', () => {
  it.for<[string, unknown, number]>([
    ['two bytes a character of a text', 'abcd', 16 + 8],
    ['16 bytes for a number', 7, 16],
    ['16 bytes for undefined', undefined, 16],
    ['the values and the keys of an object', { aLongKey: 'ab', other: 1 }, 16 * 3 + 32 + 4 + 26],
    ['the values of nested arrays', [['ab'], []], 16 * 4 + 32 * 3 + 4],
    ['undefined in an array', [undefined], 16 * 2 + 32],
    ['no hole of an array', Object.assign([1], { 2: 2 }), 16 * 3 + 32],
    ['the keys and the values of a Map', new Map([['ab', 'abc']]), 16 * 3 + 32 + 10],
    ['the values of a Set', new Set(['ab', 1]), 16 * 3 + 32 + 4],
    ['a buffer by its length', new ArrayBuffer(50), 16 + 50],
    ['the whole buffer behind a view', new Uint8Array(100).subarray(0, 1), 16 + 100],
    ['a buffer of an object by its length', [new ArrayBuffer(50)], 16 * 2 + 32 + 50],
    ['a shared buffer by its length', new SharedArrayBuffer(50), 16 + 50],
  ])('counts %s', ([, event, expected]) => {
    expect(approximateBytes(event)).toBe(expected);
  });

  it('counts a buffer once, whether views share it or it comes by itself', () => {
    const buffer = new ArrayBuffer(1000);
    const views = [new Uint8Array(buffer, 0, 1), new DataView(buffer, 500), buffer];
    expect(approximateBytes(views)).toBe(16 * 4 + 32 + 1000);
    expect(approximateBytes(views.toReversed())).toBe(16 * 4 + 32 + 1000);
  });

  it('counts an object once, so that a cycle ends and doubling does not', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(approximateBytes(cycle)).toBe(16 * 2 + 32 + 8);
    let doubled: unknown = ['ab'];
    for (let level = 0; level < 100; level += 1) doubled = [doubled, doubled];
    expect(approximateBytes(doubled)).toBe((48 + 16) * 100 + 48 + 20);
  });

  it('returns what is held within a factor of ten for hostile shapes of every size', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(shapes)),
        fc.integer({ min: 1, max: 60_000 }),
        fc.nat(200),
        small,
        (kind, count, size, part) => {
          const makePart = count > 5000 ? (): Held => ({ event: 1, bytes: 8 }) : part;
          const held = shapes[kind]?.(count, makePart, size) as Held;
          const bytes = approximateBytes(held.event);
          expect(bytes).toBeGreaterThan(held.bytes / 10);
          expect(bytes).toBeLessThan(held.bytes * 10 + 100);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('finds large values that alternate with small ones past the first 50,000', () => {
    const event = times(150_000, (index) => (index % 2 === 0 ? 1 : 'x'.repeat(500)));
    const held = 75_000 * 1000;
    const bytes = approximateBytes(event);
    expect(bytes).toBeGreaterThan(held / 2);
    expect(bytes).toBeLessThan(held * 2);
  });

  it('counts an array that is nested half a million levels deep within a factor of ten', () => {
    const event: unknown = JSON.parse('['.repeat(500_000) + ']'.repeat(500_000));
    const bytes = approximateBytes(event);
    expect(bytes).toBeGreaterThan(28_000_000 / 10);
    expect(bytes).toBeLessThan(28_000_000 * 10);
  });

  it('finds the few values of an array of four billion', () => {
    const event: unknown[] = [];
    for (const index of [0, 123_456, 4_000_000_000]) event[index] = 'x'.repeat(100_000);
    expect(approximateBytes(event)).toBe(16 * 4 + 32 + 3 * 200_000);
  });

  it.for<[string, (count: (value: object) => object) => unknown]>([
    ['one array of a million', (counted) => counted(Array.from({ length: 1_000_000 }, () => 1))],
    ['a thousand arrays of a thousand', (counted) => times(1000, () => counted(times(1000, () => 1)))],
    [
      'arrays nested 200,000 deep',
      (counted) => times(200_000, () => 1).reduce<unknown>((inner) => counted([inner]), 1),
    ],
    ['a sparse array', (counted) => counted(Object.assign([], { 4_000_000_000: 1 }))],
  ])('takes no more than 100,000 steps for %s', ([, make]) => {
    let steps = 0;
    const counted = (value: object): object =>
      new Proxy(value, {
        get(target, key, receiver) {
          if (typeof key === 'string' && key !== 'length') steps += 1;
          return Reflect.get(target, key, receiver);
        },
      });
    approximateBytes(make(counted));
    expect(steps).toBeGreaterThan(0);
    expect(steps).toBeLessThanOrEqual(100_000);
  });

  it('throws what a getter throws', () => {
    const mistake = new Error('mistake');
    const event = {
      get text(): string {
        throw mistake;
      },
    };
    expect(() => approximateBytes(event)).toThrow(mistake);
  });
});
