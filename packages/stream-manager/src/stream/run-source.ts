import type { PullSource, StreamSink, StreamSource } from './stream-source.ts';

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';

/** Starts a source, in this turn, and lets it fill the sink. Whatever it does wrong fails the sink; never throws. */
export function runSource<Event, Result>(source: StreamSource<Event, Result>, sink: StreamSink<Event, Result>): void {
  try {
    const started = typeof source === 'function' ? pull<Event, Result>(source(sink), sink) : source.start(sink);
    if (isThenable(started)) started.then(undefined, (error: unknown) => sink.fail(error));
  } catch (error) {
    sink.fail(error);
  }
}

async function pull<Event, Result>(
  given: ReturnType<PullSource<Event, Result>>,
  sink: StreamSink<Event, Result>,
): Promise<void> {
  const iterator = iteratorOf<Event, Result>(isThenable(given) ? await given : given);
  let resume: (() => void) | undefined;
  sink.onResume(() => resume?.());
  const abandon = (): void => {
    resume?.();
    void leave(iterator);
  };
  if (sink.signal.aborted) return abandon();
  // A source that hangs never reads its signal: it is left without waiting for it.
  sink.signal.addEventListener('abort', abandon, { once: true });
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return sink.end(next.value as Result);
      const mayGoOn = sink.push(next.value);
      if (sink.signal.aborted) return;
      if (!mayGoOn) await new Promise<void>((resolve) => (resume = resolve));
      if (sink.signal.aborted) return;
    }
  } finally {
    sink.signal.removeEventListener('abort', abandon);
  }
}

function iteratorOf<Event, Result>(iterable: unknown): AsyncIterator<Event, Result | void> {
  const create = (iterable as AsyncIterable<Event, Result | void> | undefined)?.[Symbol.asyncIterator];
  if (typeof create === 'function') return create.call(iterable);
  throw new TypeError(`stream source: expected an AsyncIterable, got ${iterable === null ? 'null' : typeof iterable}`);
}

async function leave(iterator: AsyncIterator<unknown, unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The stream has ended: what a source throws on its way out concerns nobody.
  }
}
