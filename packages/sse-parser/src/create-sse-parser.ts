import { SseError } from './errors.ts';
import { expectOption } from './expect-option.ts';
import { resolveOptions, type ResolvedOptions } from './resolve-options.ts';
import { createStreamReader, type StreamReader } from './stream-reader.ts';
import type { SseInputEnd, SseParser, SseParserOptions } from './types.ts';

const read = (stream: StreamReader, chunk: Uint8Array | string): void => stream.read(chunk);
const end = (stream: StreamReader): SseInputEnd => stream.end();

/** A class, because V8 makes a table for each object that has a getter of its own: 0.4 KB, and slow to read. */
class EventStreamParser implements SseParser {
  lastEventId = '';
  readonly #options: ResolvedOptions;
  #stream: StreamReader;
  #isBusy = false;
  #ended: SseInputEnd | undefined;
  /** What every call but `reset` throws from now on. */
  #failure: SseError | undefined;

  constructor(options: SseParserOptions) {
    this.#options = {
      ...resolveOptions(options),
      onId: (id) => {
        this.lastEventId = id;
        options.onId?.(id);
      },
    };
    this.#stream = this.#open();
  }
  get pending(): boolean {
    return this.#ended?.pending ?? this.#stream.pending();
  }
  push(chunk: Uint8Array | string): void {
    // By its tag: an array of another realm is no `instanceof` of this one's class.
    const isBytes = (chunk as Partial<Uint8Array> | undefined)?.[Symbol.toStringTag] === 'Uint8Array';
    if (!isBytes && typeof chunk !== 'string') expectOption('chunk', 'a Uint8Array or a string', chunk);
    if (this.#ended) throw new SseError('input-ended', 'push() was called after end().');
    this.#run('push', read, chunk);
  }
  end(): SseInputEnd {
    return (this.#ended ??= this.#run('end', end, undefined));
  }
  reset(): void {
    this.#refuseInside('reset');
    this.#stream = this.#open();
    this.lastEventId = '';
    this.#ended = this.#failure = undefined;
  }
  #open(): StreamReader {
    return createStreamReader(this.#options, (error) => {
      throw (this.#failure = error);
    });
  }
  #refuseInside(method: string): void {
    if (this.#isBusy) throw new SseError('reentrant-call', `${method}() was called from inside a callback.`);
  }
  /**
   * Whatever is thrown leaves the parser failed, and with nothing kept of the stream. The input is no closure's
   * variable: V8 keeps the closures of an error's stack, and they would keep the chunk.
   */
  #run<Input, Result>(method: string, action: (stream: StreamReader, input: Input) => Result, input: Input): Result {
    this.#refuseInside(method);
    if (this.#failure) throw this.#failure;
    this.#isBusy = true;
    try {
      return action(this.#stream, input);
    } catch (cause) {
      // What the reader has not put down came from a callback.
      this.#failure ??= new SseError('callback-failed', 'A callback threw in an earlier call.', { cause });
      this.#stream = this.#open();
      throw cause;
    } finally {
      this.#isBusy = false;
    }
  }
}

/**
 * Makes a parser of the standard's event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * The events are the same however the input is cut, also inside a character or between CR and LF. Throws `TypeError`
 * for options that it cannot use.
 */
export const createSseParser = (options: SseParserOptions): SseParser => new EventStreamParser(options);
