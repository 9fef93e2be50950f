import { setImmediate as nextTurn } from 'node:timers/promises';
import { handled } from '../handled.ts';
import { createJsonBuilder, type JsonValue } from './json-builder.ts';
import type { StringGrowth } from './string-growth.ts';

/**
 * How many items and fields the partials may copy for each character of the text. Past it, pieces that are there already
 * are taken together: a partial for each would make the work quadratic.
 */
const copiesPerCharacter = 8;
/** Always allowed, so that small objects show every piece. */
const freeCopies = 100_000;

/**
 * The partial values of a JSON text that comes in pieces: one for each piece that shows more, or for several where the
 * value is large and they are there together. It ends where the text does, and fails as the text does; a text that is no
 * JSON shows nothing more from there on. Leaving it leaves the text.
 */
export function iteratePartials(
  texts: AsyncIterator<string, undefined>,
  growth: StringGrowth,
): AsyncIterator<JsonValue, undefined> {
  const builder = createJsonBuilder(growth);
  let last: Promise<unknown> = Promise.resolve();
  // The piece that was looked for while a partial was ready.
  let ahead: Promise<IteratorResult<string, undefined>> | undefined;
  let mayCopy = freeCopies;

  const take = async (): Promise<IteratorResult<JsonValue, undefined>> => {
    let hasMore = false;
    let later: Promise<false> | undefined;
    for (;;) {
      const step = ahead ?? texts.next();
      ahead = undefined;
      const { done, value: text } = await step;
      if (done === true) return { done, value: undefined };
      mayCopy += text.length * copiesPerCharacter;
      if (builder.push(text)) hasMore = true;
      if (!hasMore) continue;
      if (mayCopy < builder.openPlaces) {
        ahead = handled(texts.next());
        later ??= afterNextRead();
        const isThere = ahead.then(({ done: isOver }) => isOver !== true).catch(() => false);
        if (await Promise.race([isThere, later])) continue;
      }
      mayCopy = Math.max(0, mayCopy - builder.openPlaces);
      const partial = builder.partial();
      if (partial !== undefined) return { done: false, value: partial };
    }
  };
  return {
    next() {
      // One after the other: two steps at once would share the pieces between them.
      const step = last.then(take);
      last = step.catch(() => undefined);
      return handled(step);
    },
    async return() {
      await texts.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** Waits until the event loop has looked at the socket once: its first turn may be the rest of this one. */
async function afterNextRead(): Promise<false> {
  await nextTurn();
  return nextTurn(false as const);
}
