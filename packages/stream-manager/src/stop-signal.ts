/**
 * Announces the stop of a stream to its source: by an `AbortSignal`, which is made when it is read, and by callbacks, each
 * of which costs half a kilobyte less.
 */
export class StopSignal {
  #controller: AbortController | undefined;
  #callbacks: readonly ((reason: unknown) => void)[] | undefined;
  #stopped: { readonly reason: unknown } | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#stopped !== undefined) this.#controller.abort(this.#stopped.reason);
    }
    return this.#controller.signal;
  }

  /** Calls back when the stream is stopped: at once if it has been. */
  onStop(callback: (reason: unknown) => void): void {
    if (this.#stopped !== undefined) callback(this.#stopped.reason);
    // A copy, because there is one as a rule, and an array that grows makes room for seventeen.
    else this.#callbacks = (this.#callbacks ?? []).concat(callback);
  }

  stop(reason: unknown): void {
    const callbacks = this.#callbacks ?? [];
    this.#stopped = { reason };
    this.#controller?.abort(reason);
    for (const callback of callbacks) {
      try {
        callback(reason);
      } catch (error) {
        // As an error in a listener of the signal: the stream ends all the same.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Lets go of all listeners: the stream has ended. */
  release(): void {
    this.#controller = undefined;
    this.#callbacks = undefined;
  }
}
