/** Keeps a rejection that is never awaited from ending the program. A caller that awaits the promise still gets it. */
export function ignoreUnhandled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}
