import type { AttemptReport, StoredStreamEvent } from '../types.ts';
import { isDiscard } from './discard.ts';

/** Counts the requests of a stream by the events that report them. */
export class AttemptCounter {
  readonly all: AttemptReport[] = [];
  /** The model that was asked last; `undefined` if no event has named one. */
  model: string | undefined;

  note(event: StoredStreamEvent): void {
    if (event.type === 'start') {
      this.model = event.model;
      if (this.all.length === 0) this.#add({ attempt: 1, kind: 'first', delayMs: 0 });
      this.#change({ model: event.model });
    } else if (event.type === 'resume') this.#add({ attempt: event.attempt, kind: 'resume', delayMs: event.delayMs });
    else if (event.type === 'retry') {
      const { attempt, delayMs, code, status } = event;
      this.end(code, status);
      this.#add({ attempt, kind: isDiscard(event) ? 'restart' : 'retry', delayMs });
    } else if (event.type === 'fallback') {
      const { attempt, from, to, code, status } = event;
      this.model = from;
      this.end(code, status);
      this.model = to;
      this.#add({ attempt, kind: 'fallback', delayMs: 0 });
    }
  }

  /** The last request ended with an error. One that got no headers has no `start` event. */
  end(code: AttemptReport['code'], status?: number): void {
    if (this.all.length === 0) this.#add({ attempt: 1, kind: 'first', delayMs: 0 });
    this.#change({ code, status });
  }

  #add(report: Omit<AttemptReport, 'model'>): void {
    this.all.push({ ...report, model: this.model ?? '' });
  }

  #change(change: Partial<AttemptReport>): void {
    const last = this.all.pop();
    if (last !== undefined) this.all.push({ ...last, ...change });
  }
}
