import { Utf8Decoder } from './decode-utf8.ts';
import { SseError } from './errors.ts';
import type { ParserState } from './event-block.ts';
import { createLineReader, type LineReader } from './line-reader.ts';
import { expectOption, type ResolvedOptions, resolveOptions } from './options.ts';
import type { SseInputEnd, SseParser, SseParserOptions } from './types.ts';

/** A class, because V8 makes a table for each object that has a getter of its own: 0.4 KB, and slow to read. */
class EventStreamParser implements SseParser {
  readonly #options: ResolvedOptions;
  readonly #state: ParserState = { id: '', error: undefined };
  /** From the first text on. */
  #lines: LineReader | undefined;
  /** From the first bytes on. */
  #decoder: Utf8Decoder | undefined;
  #isBusy = false;
  /** After the end: whether an event was pending then. */
  #ended: boolean | undefined;

  constructor(options: SseParserOptions) {
    this.#options = resolveOptions(options);
  }
  get pending(): boolean {
    if (this.#ended !== undefined) return this.#ended;
    return this.#lines?.pending(this.#decoder?.isCut) ?? this.#decoder?.isCut ?? false;
  }
  get lastEventId(): string {
    return this.#state.id;
  }
  // Functions of their own, for callers hand them on: `socket.on('data', parser.push)`.
  readonly push = (chunk: Uint8Array | string): void => {
    // By its tag: an array of another realm is no `instanceof` of this one's class.
    const isBytes = (chunk as Partial<Uint8Array> | undefined)?.[Symbol.toStringTag] === 'Uint8Array';
    if (!isBytes && typeof chunk !== 'string') expectOption('chunk', 'a Uint8Array or a string', chunk);
    if (this.#ended !== undefined) throw new SseError('input-ended', 'push() was called after end().');
    this.#run('push', chunk);
  };
  readonly end = (): SseInputEnd => {
    if (this.#ended === undefined) this.#run('end');
    return { pending: this.pending };
  };
  readonly reset = (): void => {
    this.#refuseInside('reset');
    this.#state.id = '';
    this.#lines = this.#decoder = this.#ended = this.#state.error = undefined;
  };
  #refuseInside(method: string): void {
    if (this.#isBusy) throw new SseError('reentrant-call', `${method}() was called from inside a callback.`);
  }
  /**
   * Whatever is thrown leaves the parser failed, and with nothing kept of the stream. The parts are emptied, because V8
   * keeps the functions of an error's stack, and they keep the parts. For the same reason the chunk is no variable of a
   * closure.
   */
  #run(method: string, chunk?: Uint8Array | string): void {
    this.#refuseInside(method);
    if (this.#state.error) throw this.#state.error;
    this.#isBusy = true;
    try {
      this.#read(chunk);
    } catch (cause) {
      // What the parts have not put down came from a callback.
      this.#state.error ??= new SseError('callback-failed', 'A callback threw in an earlier call.', { cause });
      this.#lines?.clear();
      this.#lines = this.#decoder = undefined;
      throw cause;
    } finally {
      this.#isBusy = false;
    }
  }
  /** Without a chunk, the end. */
  #read(chunk?: Uint8Array | string): void {
    if (typeof chunk === 'object') return this.#readBytes(chunk);
    if (this.#decoder) this.#readBytes(new Uint8Array(), true);
    if (chunk !== undefined) return this.#readText(chunk, Infinity);
    const { pending } = this;
    this.#lines?.end();
    this.#ended = pending;
  }
  #readBytes(bytes: Uint8Array, isLast?: boolean): void {
    this.#decoder ??= new Utf8Decoder(this.#options.invalidUtf8 === 'error');
    const [text, excessBytes, isBroken] = this.#decoder.decode(bytes, isLast);
    this.#readText(text, excessBytes);
    if (!isBroken) return;
    throw (this.#state.error = new SseError('invalid-utf8', 'The stream has bytes that are not UTF-8.'));
  }
  #readText(text: string, excessBytes: number): void {
    if (text === '') return;
    const rest = !this.#lines && text.startsWith('\uFEFF') ? text.slice(1) : text;
    this.#lines ??= createLineReader(this.#options, this.#state);
    this.#lines.read(rest, excessBytes);
  }
}

/**
 * Makes a parser of the standard's event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * The events are the same however the input is cut, also inside a character or between CR and LF. Throws `TypeError`
 * for options that it cannot use.
 */
export const createSseParser = (options: SseParserOptions): SseParser => new EventStreamParser(options);
