/** The events of a stream so far, for any number of readers, and its end. */
export class EventLog<Event> {
  readonly events: Event[] = [];
  isOver = false;
  /** Thrown to readers of events after the last one. */
  failure: { readonly error: unknown } | undefined;
  readonly #wakes = new Set<() => void>();

  push(event: Event): void {
    this.events.push(event);
    this.#wake();
  }

  end(failure: { readonly error: unknown } | undefined): void {
    this.isOver = true;
    this.failure = failure;
    this.#wake();
  }

  onChange(wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => void this.#wakes.delete(wake);
  }

  #wake(): void {
    for (const wake of this.#wakes) wake();
  }
}

/** Returns the next item, `undefined` if it has not come yet, and `done` after the last one. May throw. */
export type Take<Item> = () => IteratorResult<Item, undefined> | undefined;

/** Reads a log at the pace of its caller; `return` also settles a `next` that is pending. */
export class LogReader<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #take: Take<Item>;
  readonly #onLeave: () => void;
  readonly #unsubscribe: () => void;
  readonly #waiting: PromiseWithResolvers<IteratorResult<Item, undefined>>[] = [];
  #isOver = false;

  constructor(log: EventLog<unknown>, take: Take<Item>, onLeave: () => void) {
    this.#take = take;
    this.#onLeave = onLeave;
    this.#unsubscribe = log.onChange(() => this.#serve());
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    const waiting = Promise.withResolvers<IteratorResult<Item, undefined>>();
    this.#waiting.push(waiting);
    this.#serve();
    return waiting.promise;
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.#close();
    this.#serve();
    return Promise.resolve({ done: true, value: undefined });
  }

  #serve(): void {
    for (let [waiting] = this.#waiting; waiting !== undefined; [waiting] = this.#waiting) {
      try {
        const result = this.#isOver ? ({ done: true, value: undefined } as const) : this.#take();
        if (result === undefined) return;
        if (result.done === true) this.#close();
        waiting.resolve(result);
      } catch (error) {
        this.#close();
        waiting.reject(error);
      }
      this.#waiting.shift();
    }
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#unsubscribe();
    this.#onLeave();
  }
}
