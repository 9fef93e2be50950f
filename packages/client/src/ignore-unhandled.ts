/** A promise that nobody awaits must not end the program: who awaits it gets its rejection all the same. */
export function handled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}
