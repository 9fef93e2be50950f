import { Utf8Decoder } from './decode-utf8.ts';
import { SseError } from './errors.ts';
import type { ParserState } from './event-block.ts';
import { LineReader } from './line-reader.ts';
import { type ResolvedOptions, resolveOptions, throwTypeError } from './options.ts';
import type { SseInputEnd, SseParser, SseParserOptions } from './types.ts';

/**
 * Creates a parser of the standard's event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * The events are the same however the input is cut, also inside a character or between CR and LF.
 *
 * @throws TypeError for invalid options
 */
export function createSseParser(options: SseParserOptions): SseParser {
  return new EventStreamParser(options);
}

const noBytes = new Uint8Array();

/** A class, because V8 makes a table for each object literal with a getter: 0.4 KB, and slow to read. */
class EventStreamParser implements SseParser {
  readonly #options: ResolvedOptions;
  readonly #state: ParserState = { lastEventId: '', error: undefined };
  /** Created with the first text. */
  #lines: LineReader | undefined;
  /** Created with the first bytes. */
  #decoder: Utf8Decoder | undefined;
  #isBusy = false;
  /** `pending` at the end of the input. */
  #pendingAtEnd: boolean | undefined;

  constructor(options: SseParserOptions) {
    this.#options = resolveOptions(options);
  }

  get pending(): boolean {
    if (this.#pendingAtEnd !== undefined) return this.#pendingAtEnd;
    const isCut = this.#decoder?.isCut ?? false;
    return this.#lines?.isPending(isCut) ?? isCut;
  }

  get lastEventId(): string {
    return this.#state.lastEventId;
  }

  // Functions of their own, because callers pass them on: `socket.on('data', parser.push)`.
  readonly push = (chunk: Uint8Array | string): void => {
    // By its tag: an array of another realm is no `instanceof` of this one's class.
    const isBytes = (chunk as Partial<Uint8Array> | undefined)?.[Symbol.toStringTag] === 'Uint8Array';
    if (!isBytes && typeof chunk !== 'string') throwTypeError('chunk', 'a Uint8Array or a string', chunk);
    if (this.#pendingAtEnd !== undefined) throw new SseError('input-ended', 'push() was called after end().');
    this.#read('push', chunk);
  };

  readonly end = (): SseInputEnd => {
    if (this.#pendingAtEnd === undefined) this.#read('end');
    return { pending: this.pending };
  };

  readonly reset = (): void => {
    this.#refuseInside('reset');
    this.#state.lastEventId = '';
    this.#lines = this.#decoder = this.#pendingAtEnd = this.#state.error = undefined;
  };

  #refuseInside(method: string): void {
    if (this.#isBusy) throw new SseError('reentrant-call', `${method}() was called from inside a callback.`);
  }

  /**
   * Reads a chunk; without one, the end of the input. An error leaves the parser failed and with nothing kept of the
   * stream: the parts are emptied, because V8 keeps the receivers of an error's stack, and those are the parts.
   */
  #read(method: string, chunk?: Uint8Array | string): void {
    this.#refuseInside(method);
    if (this.#state.error) throw this.#state.error;
    this.#isBusy = true;
    try {
      if (typeof chunk === 'object') this.#readBytes(chunk);
      else {
        if (this.#decoder) this.#readBytes(noBytes, true);
        if (chunk === undefined) this.#readEnd();
        else this.#readText(chunk, Infinity);
      }
    } catch (cause) {
      // The parser's own errors are in the state already: this one came from a callback.
      this.#state.error ??= new SseError('callback-failed', 'A callback threw in an earlier call.', { cause });
      this.#lines?.clear();
      this.#lines = this.#decoder = undefined;
      throw cause;
    } finally {
      this.#isBusy = false;
    }
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
    if (this.#lines) return this.#lines.read(text, excessBytes);
    this.#lines = new LineReader(this.#options, this.#state);
    this.#lines.read(text.startsWith('\uFEFF') ? text.slice(1) : text, excessBytes);
  }

  #readEnd(): void {
    const { pending } = this;
    this.#lines?.end();
    this.#pendingAtEnd = pending;
  }
}
