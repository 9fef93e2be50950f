import { AsyncLocalStorage } from 'node:async_hooks';

/** Runs a function in an async context that was kept. */
export type AsyncContext = <Result>(run: () => Result) => Result;

/** Keeps the present async context: what `AsyncLocalStorage` holds here, for a function that runs elsewhere. */
export function keepContext(): AsyncContext {
  return AsyncLocalStorage.snapshot();
}

/** Runs a function in the context in which it is called. */
export function inPresentContext<Result>(run: () => Result): Result {
  return run();
}

/**
 * Runs a function inside several contexts, the first one outermost. The function runs once, also if a context throws or
 * does not run it. The error of a context is then an uncaught exception, like that of any subscriber of a channel.
 */
export function inContexts<Result>(contexts: readonly AsyncContext[], run: () => Result): Result {
  let ended: (() => Result) | undefined;
  const runOnce = (): void => {
    ended ??= endOf(run);
  };
  try {
    contexts.reduceRight((inner, context) => () => context(inner), runOnce)();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
  return (ended ?? endOf(run))();
}

/** Runs a function, and returns one that returns its result or throws its error. */
function endOf<Result>(run: () => Result): () => Result {
  try {
    const result = run();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
