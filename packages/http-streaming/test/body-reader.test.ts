import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createBodyReader, type BodyReader } from '../src/body-reader.ts';

const sse = 'data: one\n\ndata: two\n\ndata: thr';

/** All that a reader tells, its last word at the end. */
const read = (contentEncoding: string | undefined, feed: (reader: BodyReader, onCut: () => void) => void) =>
  new Promise<string[]>((resolve) => {
    const told: string[] = [];
    const last = (word: string) => (): void => {
      const rest = reader.takeUnterminated();
      resolve([...told, ...(rest === undefined ? [] : [`${rest.data}…`]), word]);
    };
    const contentType = 'text/event-stream; charset=utf-8';
    const reader = createBodyReader(
      { contentType, contentEncoding, maxEventBytes: 1_000 },
      {
        bodyMs: () => 1,
        onEvent: ({ data }) => told.push(data),
        onText: (text) => told.push(`text ${text}`),
        onDrain() {},
        onBodyEnd: last('end'),
        onForeign: last('foreign'),
        onInvalid: last('invalid'),
      },
    );
    feed(reader, last('cut'));
  });

const codings: readonly (readonly [string | undefined, (body: string) => Uint8Array])[] = [
  [undefined, (body) => Buffer.from(body)],
  ['gzip', (body) => gzipSync(body)],
  ['deflate', (body) => deflateSync(body)],
  ['br', (body) => brotliCompressSync(body)],
];

describe.each(codings)('a body in %s', (contentEncoding, encode) => {
  it('that ends gives its events, the last one marked if it is not closed', async () => {
    const told = await read(contentEncoding, (reader) => {
      reader.write(encode(sse), 1);
      reader.end();
    });
    expect(told).toEqual(['one', 'two', 'thr…', 'end']);
  });

  it('that is cut gives its events before it tells so, the last one marked if it is not closed', async () => {
    const told = await read(contentEncoding, (reader, onCut) => {
      reader.write(encode(sse), 1);
      reader.cut(onCut);
    });
    expect(told).toEqual(['one', 'two', 'thr…', 'cut']);
  });

  it('that has an event past the limit is invalid after the events before it', async () => {
    const told = await read(contentEncoding, (reader) => {
      reader.write(encode(`${sse}${'x'.repeat(2_000)}\n\ndata: four\n\n`), 1);
      reader.end();
    });
    expect(told).toEqual(['one', 'two', 'invalid']);
  });
});

it('tells of a body that its coding does not fit', async () => {
  const told = await read('gzip', (reader) => {
    reader.write(Buffer.from(sse), 1);
    reader.end();
  });
  expect(told).toEqual(['invalid']);
});
