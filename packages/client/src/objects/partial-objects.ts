import { ignoreUnhandled } from '../stream/iterate-stream.ts';
import { JsonBuilder, type JsonValue } from './json-builder.ts';
import type { StringGrowth } from './string-growth.ts';

/** A value at any depth of which anything may still be missing. The parts that are there are right. */
export type DeepPartial<Value> = Value extends readonly (infer Item)[]
  ? DeepPartial<Item>[]
  : Value extends object
    ? { [Key in keyof Value]?: DeepPartial<Value[Key]> }
    : Value;

/**
 * The budget of the partials for each character of the text. Past it, waiting pieces make one partial together: a partial for
 * each would make the work quadratic.
 */
const costPerCharacter = 8;
/** Always allowed, so that small objects show every piece. */
const freeCost = 100_000;

/**
 * The partial values of a JSON text that comes in pieces: one for each piece that shows more, or for several if the
 * value is large and they are there together. Ends when the text ends, and fails when it fails; shows nothing more from
 * the first character on that is not JSON. Leaving it leaves the text.
 */
export class PartialObjects implements AsyncIterator<JsonValue, undefined> {
  readonly #texts: AsyncIterator<string, undefined>;
  readonly #builder: JsonBuilder;
  #last: Promise<unknown> = Promise.resolve();
  /** The piece after those that have been taken, if it was asked for to see whether it is there. */
  #ahead: Promise<IteratorResult<string, undefined>> | undefined;
  #mayCost = freeCost;

  constructor(texts: AsyncIterator<string, undefined>, growth: StringGrowth) {
    this.#texts = texts;
    this.#builder = new JsonBuilder(growth);
  }

  next(): Promise<IteratorResult<JsonValue, undefined>> {
    // One after the other: two steps at once would share the pieces between them.
    const step = this.#last.then(() => this.#take());
    this.#last = step.catch(() => undefined);
    return ignoreUnhandled(step);
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#texts.return?.();
    return { done: true, value: undefined };
  }

  async #take(): Promise<IteratorResult<JsonValue, undefined>> {
    const builder = this.#builder;
    let hasMore = false;
    let later: Promise<false> | undefined;
    for (;;) {
      const step = this.#ahead ?? this.#texts.next();
      this.#ahead = undefined;
      const { done, value: text } = await step;
      if (done === true) return { done, value: undefined };
      this.#mayCost += text.length * costPerCharacter;
      if (builder.push(text)) hasMore = true;
      if (!hasMore) continue;
      if (this.#mayCost < builder.partialCost) {
        const ahead = ignoreUnhandled(this.#texts.next());
        this.#ahead = ahead;
        later ??= afterNextRead();
        const isThere = ahead.then(({ done: isOver }) => isOver !== true).catch(() => false);
        if (await Promise.race([isThere, later])) continue;
      }
      this.#mayCost = Math.max(0, this.#mayCost - builder.partialCost);
      const partial = builder.partial();
      if (partial !== undefined) return { done: false, value: partial };
    }
  }
}

/** Waits until the event loop has read the socket once: its first turn may be the rest of this one. */
function afterNextRead(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve, false)));
}
