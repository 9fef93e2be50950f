import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { LastBytes } from '../src/flight-recorder.ts';

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
