import type { SseParser } from '@gemini/sse-parser';
import { EventRun, EventText } from './event-run.ts';

const blankLine = Uint8Array.of(0x0a);

/**
 * Reads an event stream for a consumer that takes runs: hands on as bytes what needs no parsing, and gives the parser all
 * the rest. Events, texts and the state at the end are what the parser alone would give.
 */
export class RunReader {
  readonly #parser: SseParser;
  readonly #maxEventBytes: number;
  readonly #onRun: (run: EventRun) => void;
  #hasBegun = false;

  constructor(parser: SseParser, maxEventBytes: number, onRun: (run: EventRun) => void) {
    this.#parser = parser;
    this.#maxEventBytes = maxEventBytes;
    this.#onRun = onRun;
  }

  get pending(): boolean {
    return this.#parser.pending;
  }

  end(): { readonly pending: boolean } {
    return this.#parser.end();
  }

  push(chunk: Uint8Array): void {
    const lines = new EventText(binaryTextOf(chunk));
    while (lines.start < chunk.length) {
      const { start } = lines;
      const run = this.#parser.pending ? undefined : lines.findRun(this.#maxEventBytes);
      const found = run === undefined ? lines.findBlockEnd() : start + (run.bounds.at(-1) ?? 0);
      const end = found === -1 ? chunk.length : found;
      const bytes = end - start === chunk.length ? chunk : chunk.subarray(start, end);
      if (run === undefined) this.#parser.push(bytes);
      else {
        // A byte order mark counts only at the beginning, which the parser does not see.
        if (!this.#hasBegun) this.#parser.push(blankLine);
        this.#onRun(new EventRun(bytes, lines.text.slice(start, end), run));
      }
      this.#hasBegun = true;
      lines.takeTo(end);
    }
  }
}

function binaryTextOf(chunk: Uint8Array): string {
  const bytes = chunk instanceof Buffer ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return bytes.toString('latin1');
}
