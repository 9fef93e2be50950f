import type { SseParser } from '@gemini/sse-parser';
import { EventBytes, EventRun } from './event-run.ts';

const blankLine = Uint8Array.of(0x0a);

/** The longest beginning of an event that waits for its end here. The parser reads longer events piece by piece. */
const maxOpenBytes = 16 * 1024;

/**
 * Reads an event stream for a consumer that takes runs: hands on as bytes what needs no parsing, and gives the parser all
 * the rest. Events, texts and the state at the end are what the parser alone would give.
 */
export class RunReader {
  readonly #parser: SseParser;
  readonly #maxEventBytes: number;
  readonly #onRun: (run: EventRun) => void;
  /** The beginning of an event whose line has not ended. The parser has not seen it. */
  #open: Uint8Array | undefined;
  #hasBegun = false;

  constructor(parser: SseParser, maxEventBytes: number, onRun: (run: EventRun) => void) {
    this.#parser = parser;
    this.#maxEventBytes = maxEventBytes;
    this.#onRun = onRun;
  }

  get pending(): boolean {
    return this.#open !== undefined || this.#parser.pending;
  }

  end(): { readonly pending: boolean } {
    const open = this.#takeOpen();
    if (open !== undefined) this.#parser.push(open);
    return this.#parser.end();
  }

  push(chunk: Uint8Array): void {
    const bytes = new EventBytes(chunk);
    const open = this.#takeOpen();
    if (open !== undefined) {
      const end = bytes.findBlockEnd();
      // An event waits once: one that is in many reads would be joined, and searched, with each of them.
      if (end === -1) this.#parser.push(open);
      else this.#read(new EventBytes(Buffer.concat([open, bytes.takeTo(end)])));
    }
    this.#read(bytes);
  }

  /** Reads whole runs, and all that no run begins with; keeps the beginning of an event. */
  #read(bytes: EventBytes): void {
    const { length } = bytes.bytes;
    while (bytes.start < length) {
      const run = this.#parser.pending ? undefined : bytes.findRun(this.#maxEventBytes);
      if (run !== undefined) {
        // A byte order mark counts only at the beginning, which the parser does not see.
        if (!this.#hasBegun) this.#parser.push(blankLine);
        this.#hasBegun = true;
        this.#onRun(new EventRun(bytes.takeTo(bytes.start + (run.bounds.at(-1) ?? 0)), run));
        continue;
      }
      const end = bytes.findBlockEnd();
      if (end === -1 && this.#mayWait(bytes)) this.#open = Uint8Array.from(bytes.takeTo(length));
      else this.#parser.push(bytes.takeTo(end === -1 ? length : end));
      this.#hasBegun = true;
    }
  }

  #mayWait(bytes: EventBytes): boolean {
    const most = Math.min(maxOpenBytes, this.#maxEventBytes);
    return this.#hasBegun && !this.#parser.pending && bytes.bytes.length - bytes.start <= most && bytes.isOpenEvent();
  }

  #takeOpen(): Uint8Array | undefined {
    const open = this.#open;
    this.#open = undefined;
    return open;
  }
}
