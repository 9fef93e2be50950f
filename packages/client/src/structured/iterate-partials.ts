import { handled } from '../handled.ts';
import { createJsonBuilder, type JsonValue } from './json-builder.ts';
import type { StringGrowth } from './string-growth.ts';

/**
 * The partial values of a JSON text that comes in pieces: one for each piece that shows more. It ends where the text
 * does, and fails as the text does; a text that is no JSON shows nothing more from there on. Leaving it leaves the
 * text.
 */
export function iteratePartials(
  texts: AsyncIterator<string, undefined>,
  growth: StringGrowth,
): AsyncIterator<JsonValue, undefined> {
  const builder = createJsonBuilder(growth);
  let last: Promise<unknown> = Promise.resolve();

  const take = async (): Promise<IteratorResult<JsonValue, undefined>> => {
    for (;;) {
      const { done, value: text } = await texts.next();
      if (done === true) return { done, value: undefined };
      const partial = builder.push(text) ? builder.partial() : undefined;
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
