/** An entry of a queue. Entries of the same time leave in the order in which they came. */
export interface Timed {
  readonly dueMs: number;
  readonly order: number;
}

/** A queue by time: a binary heap. */
export class TimedQueue<Entry extends Timed> {
  readonly #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  get first(): Entry | undefined {
    return this.#entries[0];
  }

  add(entry: Entry): void {
    const entries = this.#entries;
    let index = entries.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isEarlier(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Takes the first entry. */
  take(): Entry | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return first;
    entries[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const child = left + 1 < entries.length && this.#isEarlier(left + 1, left) ? left + 1 : left;
      if (child >= entries.length || !this.#isEarlier(child, index)) return first;
      this.#swap(child, index);
      index = child;
    }
  }

  /** All entries, in no order. */
  list(): readonly Entry[] {
    return this.#entries;
  }

  clear(): void {
    this.#entries.length = 0;
  }

  #isEarlier(one: number, other: number): boolean {
    const a = this.#entries[one];
    const b = this.#entries[other];
    if (a === undefined || b === undefined) return false;
    return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
  }

  #swap(one: number, other: number): void {
    const entries = this.#entries;
    const held = entries[one];
    const moved = entries[other];
    if (held === undefined || moved === undefined) return;
    entries[one] = moved;
    entries[other] = held;
  }
}
