import type { SseEvent } from '@gemini/sse-parser';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BodyReader, type BodyObserver } from '../src/body-reader.ts';
import type { ContentCoding } from '../src/content-decoder.ts';

const sse = 'data: one\n\ndata: two\n\ndata: thr';

/** Notes all that a reader reports, the end last. */
class Notes implements BodyObserver {
  readonly seen: string[] = [];
  readonly #resolve: (seen: string[]) => void;
  eventsCount = 0;
  #lastEvent: string | undefined;

  constructor(resolve: (seen: string[]) => void) {
    this.#resolve = resolve;
  }

  get hasLastEvent(): boolean {
    return this.#lastEvent !== undefined;
  }
  readonly onEvent = ({ data, unterminated }: SseEvent): void => {
    this.eventsCount += 1;
    if (unterminated) this.#lastEvent = `${data}…`;
    else this.seen.push(data);
  };
  onRun = (): void => {};
  takesRuns(): boolean {
    return false;
  }
  readonly onText = (text: string): void => void this.seen.push(`text ${text}`);
  onBytes(): void {}
  bodyMs(): number {
    return 1;
  }
  onParsed(): void {}
  fieldKinds(): ReadonlySet<never> {
    return new Set();
  }
  onField(): void {}
  onDrain(): void {}
  onBodyEnd(): void {
    this.finish('end');
  }
  onForeign(): void {
    this.finish('foreign');
  }
  onInvalid(): void {
    this.finish('invalid');
  }
  finish(word: string): void {
    this.#resolve([...this.seen, ...(this.#lastEvent === undefined ? [] : [this.#lastEvent]), word]);
  }
}

const read = (coding: ContentCoding | undefined, feed: (reader: BodyReader, onCut: () => void) => void) =>
  new Promise<string[]>((resolve) => {
    const notes = new Notes(resolve);
    const reader = new BodyReader({ isJson: false, coding, maxEventBytes: 1_000 }, notes);
    feed(reader, () => notes.finish('cut'));
  });

const codings: readonly (readonly [ContentCoding | undefined, (body: string) => Uint8Array])[] = [
  [undefined, (body) => Buffer.from(body)],
  ['gzip', (body) => gzipSync(body)],
  ['deflate', (body) => deflateSync(body)],
  ['br', (body) => brotliCompressSync(body)],
  ['deflate', (body) => deflateRawSync(body)],
  ['zstd', (body) => zstdCompressSync(body)],
];

describe.each(codings)('a body in %s', (contentEncoding, encode) => {
  it('delivers all events at its end, and marks an unterminated one', async () => {
    const told = await read(contentEncoding, (reader) => {
      reader.write(encode(sse), 1);
      reader.end();
    });
    expect(told).toEqual(['one', 'two', 'thr…', 'end']);
  });

  it('delivers all events before the error if it is cut, and marks an unterminated one', async () => {
    const told = await read(contentEncoding, (reader, onCut) => {
      reader.write(encode(sse), 1);
      reader.cut(onCut);
    });
    expect(told).toEqual(['one', 'two', 'thr…', 'cut']);
  });

  it('delivers the events before one that is too large', async () => {
    const told = await read(contentEncoding, (reader) => {
      reader.write(encode(`${sse}${'x'.repeat(2_000)}\n\ndata: four\n\n`), 1);
      reader.end();
    });
    expect(told).toEqual(['one', 'two', 'invalid']);
  });
});

it('a body that does not match its content-encoding is reported', async () => {
  const told = await read('gzip', (reader) => {
    reader.write(Buffer.from(sse), 1);
    reader.end();
  });
  expect(told).toEqual(['invalid']);
});
