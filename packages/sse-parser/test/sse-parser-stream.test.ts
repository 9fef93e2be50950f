import { describe, expect, it } from 'vitest';
import { type SseEvent, SseParserStream } from '../src/index.ts';
import { inPiecesOf, toBytes } from './parse-all.ts';

const collect = async (stream: ReadableStream<SseEvent>): Promise<SseEvent[]> => {
  const collected: SseEvent[] = [];
  for await (const event of stream) collected.push(event);
  return collected;
};

const streamOf = (...chunks: readonly unknown[]): ReadableStream<Uint8Array | string> =>
  new ReadableStream({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk as string);
      controller.close();
    },
  });

describe('SseParserStream', () => {
  it('turns bytes and text into events', async () => {
    const source = streamOf(...inPiecesOf(5, toBytes('data: a 🧭\r\n\r\nid: 1\nda')), 'ta: b\n\n');
    expect(await collect(source.pipeThrough(new SseParserStream()))).toEqual([
      { data: 'a 🧭' },
      { id: '1', data: 'b' },
    ]);
  });

  it('delivers the unterminated event on request, and the text at the end', async () => {
    const texts: string[] = [];
    const options = { lastEvent: 'emit', onText: (text: string) => texts.push(text) } as const;
    expect(await collect(streamOf('data: a').pipeThrough(new SseParserStream(options)))).toEqual([
      { data: 'a', unterminated: true },
    ]);
    expect(await collect(streamOf('<html>').pipeThrough(new SseParserStream(options)))).toEqual([]);
    expect(texts).toEqual(['<html>']);
  });

  it('errors with the error of the parser', async () => {
    const tooLarge = streamOf('data: 1234567890').pipeThrough(new SseParserStream({ maxEventBytes: 10 }));
    await expect(collect(tooLarge)).rejects.toMatchObject({ name: 'SseError', code: 'event-too-large' });
    await expect(collect(streamOf(1).pipeThrough(new SseParserStream()))).rejects.toThrow(TypeError);
  });

  it('refuses invalid options', () => {
    expect(() => new SseParserStream({ maxEventBytes: -1 })).toThrow(TypeError);
  });
});
