import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FlightRecorder, LastBytes } from '../src/flight-recorder.ts';

it('the last bytes are kept, however the body is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.integer({ min: 1, max: 30 }), (chunks, size) => {
      const last = new LastBytes(size);
      for (const chunk of chunks) last.add(chunk);
      const all = Buffer.concat(chunks);
      expect(Buffer.from(last.read())).toEqual(all.subarray(Math.max(0, all.length - size)));
    }),
  );
});

it('the last 64 moments are kept', () => {
  let nowMs = 0;
  const request = { origin: 'http://127.0.0.1', path: '/', method: 'GET', headers: {}, body: undefined };
  const recorder = new FlightRecorder(request, () => nowMs);
  for (nowMs = 1; nowMs <= 100; nowMs += 1) recorder.note('retry', nowMs);
  const { entries } = recorder.take(100, 0, undefined);
  expect(entries.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 64 }, (_, index) => 37 + index));
});
