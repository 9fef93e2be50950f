import type { StreamSink } from './stream-source.ts';

/** The stream that a sink belongs to. */
export interface SinkOwner<Event, Result> {
  readonly id: string;
  readonly signal: AbortSignal;
  coolDown(key: string, untilMs: number): void;
  push(event: Event): boolean;
  addResume(callback: () => void): void;
  complete(result: Result): void;
  break(error: unknown, result?: Result): void;
}

class Sink<Event, Result> implements StreamSink<Event, Result> {
  readonly id: string;
  readonly #owner: SinkOwner<Event, Result>;

  constructor(owner: SinkOwner<Event, Result>) {
    this.id = owner.id;
    this.#owner = owner;
  }

  // An abort controller is made where somebody listens.
  get signal(): AbortSignal {
    return this.#owner.signal;
  }

  // Functions of their own, for sources take a sink apart: `start({ push, end })`.
  readonly push = (event: Event): boolean => this.#owner.push(event);
  readonly onResume = (callback: () => void): void => this.#owner.addResume(callback);
  readonly end = (result: Result): void => this.#owner.complete(result);
  readonly fail = (error: unknown, result?: Result): void => this.#owner.break(error, result);
  readonly coolDown = (key: string, untilMs: number): void => this.#owner.coolDown(key, untilMs);
}

/** What a source is given of its stream. */
export function createSink<Event, Result>(owner: SinkOwner<Event, Result>): StreamSink<Event, Result> {
  return new Sink(owner);
}
