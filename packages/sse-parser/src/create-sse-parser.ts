import { SseError } from './errors.ts';
import { expectOption } from './expect-option.ts';
import { resolveOptions } from './resolve-options.ts';
import { createStreamReader } from './stream-reader.ts';
import type { SseInputEnd, SseParser, SseParserOptions } from './types.ts';

/** By its tag: an array of another realm is no `instanceof` of this one's class. */
const isBytes = (chunk: unknown): boolean => (chunk as Uint8Array | undefined)?.[Symbol.toStringTag] === 'Uint8Array';

/**
 * Makes a parser of the standard's event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * The events are the same however the input is cut, also inside a character or between CR and LF. Throws `TypeError`
 * for options that it cannot use.
 */
export const createSseParser = (options: SseParserOptions): SseParser => {
  let lastEventId = '';
  let isBusy = false;
  let ended: SseInputEnd | undefined;
  /** What every call but `reset` throws from now on. */
  let failure: SseError | undefined;

  const resolved = {
    ...resolveOptions(options),
    onId: (id: string) => {
      lastEventId = id;
      options.onId?.(id);
    },
  };

  const fail = (error: SseError): never => {
    failure = error;
    throw error;
  };

  let stream = createStreamReader(resolved, fail);

  const read = (chunk: Uint8Array | string): void => stream.read(chunk);
  const end = (): SseInputEnd => stream.end();

  const refuseInside = (method: string): void => {
    if (isBusy) throw new SseError('reentrant-call', `${method}() was called from inside a callback.`);
  };

  /**
   * Whatever is thrown leaves the parser failed, and with nothing kept of the stream. The input is no closure's
   * variable: V8 keeps the closures of an error's stack, and they would keep the chunk.
   */
  const run = <Input, Result>(method: string, action: (input: Input) => Result, input: Input): Result => {
    refuseInside(method);
    if (failure) throw failure;
    isBusy = true;
    try {
      return action(input);
    } catch (cause) {
      // What `fail` has not put down came from a callback.
      failure ??= new SseError('callback-failed', 'A callback threw in an earlier call.', { cause });
      stream = createStreamReader(resolved, fail);
      throw cause;
    } finally {
      isBusy = false;
    }
  };

  return {
    push(chunk) {
      if (typeof chunk !== 'string' && !isBytes(chunk)) expectOption('chunk', 'a Uint8Array or a string', chunk);
      if (ended) throw new SseError('input-ended', 'push() was called after end().');
      run('push', read, chunk);
    },
    end: () => (ended ??= run('end', end, undefined)),
    reset() {
      refuseInside('reset');
      stream = createStreamReader(resolved, fail);
      lastEventId = '';
      ended = failure = undefined;
    },
    get pending() {
      return ended?.pending ?? stream.pending;
    },
    get lastEventId() {
      return lastEventId;
    },
  };
};
