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
