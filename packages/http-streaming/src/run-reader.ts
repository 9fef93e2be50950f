import type { SseParser } from '@gemini/sse-parser';
import { EventRun, findBlockEnd, findEventRun } from './event-run.ts';

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
    let rest = chunk;
    let text = binaryTextOf(chunk);
    while (rest.length > 0) {
      const run = this.#parser.pending ? undefined : findEventRun(text, this.#maxEventBytes);
      const end = run === undefined ? findBlockEnd(text) : (run.bounds.at(-1) ?? -1);
      const isLast = end === -1 || end === rest.length;
      const bytes = isLast ? rest : rest.subarray(0, end);
      if (run === undefined) this.#parser.push(bytes);
      else {
        // A byte order mark counts only at the beginning, which the parser does not see.
        if (!this.#hasBegun) this.#parser.push(blankLine);
        this.#onRun(new EventRun(bytes, isLast ? text : text.slice(0, end), run));
      }
      this.#hasBegun = true;
      if (isLast) return;
      rest = rest.subarray(end);
      text = text.slice(end);
    }
  }
}

function binaryTextOf(chunk: Uint8Array): string {
  const bytes = chunk instanceof Buffer ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return bytes.toString('latin1');
}
