import type { Reply, WireStep, WireSteps } from '../wire/reply.ts';
import { defineFault } from './define-fault.ts';

/** Cuts where a decoder is easily confused. */
export const splitInside = defineFault({
  description:
    "Every write ends in the middle of a character that takes several bytes ('characters') or between CR and LF ('line-ends').",
  defaults: { what: 'characters' },
  reply: (reply, { what }): Reply => ({
    ...reply,
    body: split(reply.body, what === 'line-ends' ? isBetweenLineEnd : isInsideCharacter),
  }),
});

async function* split(body: WireSteps, isCut: (before: number, after: number) => boolean): AsyncGenerator<WireStep> {
  for await (const step of body) {
    if (step.type !== 'write') {
      yield step;
      continue;
    }
    let start = 0;
    for (let at = 1; at < step.bytes.length; at += 1) {
      if (!isCut(step.bytes[at - 1] ?? 0, step.bytes[at] ?? 0)) continue;
      yield { type: 'write', bytes: step.bytes.subarray(start, at) };
      start = at;
    }
    yield { type: 'write', bytes: step.bytes.subarray(start) };
  }
}

function isInsideCharacter(_before: number, after: number): boolean {
  // Continuation bytes of UTF-8 are 10xxxxxx.
  return (after & 0xc0) === 0x80;
}

function isBetweenLineEnd(before: number, after: number): boolean {
  return before === 13 && after === 10;
}
