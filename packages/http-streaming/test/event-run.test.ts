import { createSseParser, type SseEvent } from '@gemini/sse-parser';
import { openEventStream, type EventRun } from '@gemini/http-streaming';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RunReader } from '../src/run-reader.ts';
import { serveBody } from './serve-body.ts';

const plain = fc
  .tuple(
    fc.constantFrom('', 'event: delta\n', 'event:delta\r\n', 'event:\n'),
    fc.constantFrom('data: ', 'data:'),
    fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => JSON.stringify({ text })),
    fc.constantFrom('\n\n', '\r\n\r\n', '\n\r\n', '\r\n\n'),
  )
  .map((parts) => parts.join(''));
const other = fc.constantFrom(
  'data: [DONE]\n\n',
  'data: {}\rdata: {}\n\n',
  'data: {\ndata: }\n\n',
  'id: 7\ndata: {}\n\n',
  'event: a\nevent: b\ndata: {}\n\n',
  'retry: 5\n\n',
  ': a comment\n\n',
  'data: {"a":1}\n: inside\n\n',
  'data: {"a":1}\r\r',
  'data: {"a":1}\n\r',
  'data\n\n',
  'event: alone\n\n',
  '\n',
  '\r\n',
  '\uFEFFdata: {}\n\n',
  '<html>\n\n',
  '{"error":{}}\n',
  'data: {"cut',
);
const body = fc
  .tuple(fc.constantFrom('', '\uFEFF'), fc.array(fc.oneof({ weight: 3, arbitrary: plain }, other), { maxLength: 12 }))
  .map(([mark, blocks]) => Buffer.from(mark + blocks.join('')));
const cuts = fc.array(fc.nat(500), { maxLength: 12 });

/** Everything that a stream gave, in order but for texts. */
interface Told {
  readonly events: readonly SseEvent[];
  readonly text: string;
  readonly lastEventId: string;
  readonly pending: boolean;
}

function tell(read: (push: (event: SseEvent) => void, addText: (text: string) => void) => [string, boolean]): Told {
  const events: SseEvent[] = [];
  let text = '';
  const [lastEventId, pending] = read(
    ({ data, event, id, unterminated }) => events.push({ data, event, id, unterminated }),
    (more) => (text += more.replaceAll('\n', '')),
  );
  return { events, text, lastEventId, pending };
}

const all = (run: EventRun): SseEvent[] => Array.from({ length: run.eventsCount }, (_, index) => run.eventAt(index));

describe('runs', () => {
  it('have the events that the parser gives, however the body was cut', () => {
    let runsCount = 0;
    fc.assert(
      fc.property(body, cuts, (bytes, places) => {
        const parsed = tell((onEvent, onText) => {
          const parser = createSseParser({ onEvent, onText, lastEvent: 'emit' });
          parser.push(bytes);
          return [parser.lastEventId, parser.end().pending];
        });
        const read = tell((onEvent, onText) => {
          const parser = createSseParser({ onEvent, onText, lastEvent: 'emit' });
          const reader = new RunReader(parser, 1_000, (run) => {
            runsCount += 1;
            expect(run.bytes.toString()).toBe(Buffer.from(run.binaryText, 'latin1').toString());
            for (const event of all(run)) onEvent(event);
          });
          const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
          for (const [index, end] of ends.entries()) reader.push(bytes.subarray(ends[index - 1] ?? 0, end));
          const { pending } = reader.end();
          return [parser.lastEventId, pending];
        });
        expect(read).toEqual(parsed);
      }),
      { numRuns: 2_000 },
    );
    expect(runsCount).toBeGreaterThan(1_000);
  });

  it('begin the stream, also behind an empty read: a byte order mark after them is text', () => {
    const events: string[] = [];
    const runs: EventRun[] = [];
    const parser = createSseParser({ onEvent: ({ data }) => events.push(data), lastEvent: 'emit' });
    const reader = new RunReader(parser, 1_000, (run) => runs.push(run));
    for (const text of ['', 'data: {"a":1}\n\n', '\uFEFFdata: {}\n\n']) reader.push(Buffer.from(text));
    reader.end();
    expect([runs.length, events]).toEqual([1, []]);
  });

  it('leave an event that is too large to the parser, which refuses it', () => {
    const parser = createSseParser({ onEvent: () => {}, maxEventBytes: 20 });
    const runs: EventRun[] = [];
    const reader = new RunReader(parser, 20, (run) => runs.push(run));
    reader.push(Buffer.from('data: {"a":1}\n\n'));
    expect(() => reader.push(Buffer.from('data: {"a":"more than 20 bytes"}\n\n'))).toThrow(/more than 20 bytes/);
    expect(runs).toHaveLength(1);
  });

  it('come in order with the other events, and are held while the consumer rests', async () => {
    const events = ['data: {"a":1}\n\n', 'data: {"a":2}\n\n', ': x\ndata: {"a":3}\n\n', 'data: {"a":4}\n\n'];
    await using server = await serveBody(Buffer.from(events.join('')), 'length', {
      'content-type': 'text/event-stream',
    });
    const stream = await openEventStream({ url: server.url });
    const seen: string[] = [];
    const ended = Promise.withResolvers<boolean>();
    const control = stream.consume({
      event: ({ data }) => void seen.push(data),
      run(run) {
        seen.push(
          all(run)
            .map(({ data }) => data)
            .join('+'),
        );
        control.pause();
        setImmediate(control.resume);
      },
      end: (_bodyEnd, isInsideEvent) => ended.resolve(isInsideEvent),
      error: ended.reject,
    });
    expect(await ended.promise).toBe(false);
    expect(seen).toEqual(['{"a":1}+{"a":2}', '{"a":3}', '{"a":4}']);
    expect(stream.timing).toMatchObject({ eventsCount: 4, firstEventMs: expect.any(Number) });
    expect(stream.arrivals().reduce((sum, { events: count }) => sum + count, 0)).toBe(4);
  });

  it('fail the stream if the consumer throws', async () => {
    await using server = await serveBody(Buffer.from('data: {}\n\ndata: {}\n\n'), 'length', {
      'content-type': 'text/event-stream',
    });
    const stream = await openEventStream({ url: server.url });
    const failed = new Promise((resolve) => {
      stream.consume({
        event: () => expect.unreachable(),
        run() {
          throw new Error('no');
        },
        end: () => expect.unreachable(),
        error: resolve,
      });
    });
    expect(await failed).toMatchObject({ code: 'consumer-failed' });
  });
});

describe('an event in two reads', () => {
  const read = (...chunks: readonly string[]): string[] => {
    const seen: string[] = [];
    const parser = createSseParser({
      onEvent: ({ data, unterminated = false }) => seen.push(`${unterminated ? 'unterminated' : 'event'} ${data}`),
      onComment: (text) => seen.push(`comment ${text}`),
      lastEvent: 'emit',
    });
    const reader = new RunReader(parser, 100_000, (run) =>
      seen.push(`run of ${run.eventsCount}: ${run.eventAt(0).data}`),
    );
    for (const chunk of chunks) {
      reader.push(Buffer.from(chunk));
      seen.push(reader.pending ? 'pending' : '-');
    }
    reader.end();
    return seen;
  };

  it.for([
    ['data: {"a":', '1}\n\ndata: {"b":2}\n\n'],
    ['event: x\r\ndata: {"a"', ':1}\r\n\r\ndata: {"b":2}\n\n'],
  ])('is a run, if its line was open: %j', ([first = '', second = '']) => {
    expect(read('data: {}\n\n', first, second)).toEqual([
      'run of 1: {}',
      '-',
      'pending',
      'run of 1: {"a":1}',
      'run of 1: {"b":2}',
      '-',
    ]);
  });

  it('is unterminated, if the second one does not come', () => {
    expect(read('data: {}\n\n', 'data: {"a":1}')).toEqual(['run of 1: {}', '-', 'pending', 'unterminated {"a":1}']);
  });

  it('does not hold back what is complete', () => {
    expect(read('data: {}\n\n', ': alive\n', 'data: {"a":1}\n', '\n')).toEqual([
      'run of 1: {}',
      '-',
      'comment alive',
      '-',
      'pending',
      'event {"a":1}',
      '-',
    ]);
  });
});

describe('the work of a body', () => {
  /** Returns how many bytes are searched or joined while a body is read. */
  function worked(bytes: Buffer, readBytes = bytes.length): number {
    const reader = new RunReader(createSseParser({ onEvent: () => {}, lastEvent: 'emit' }), 1_000_000, () => {});
    const { indexOf } = Buffer.prototype;
    const concat = Buffer.concat.bind(Buffer);
    let count = 0;
    vi.spyOn(Buffer.prototype, 'indexOf').mockImplementation(function (this: Buffer, wanted, from) {
      const found = indexOf.call(this, wanted, from);
      count += (found === -1 ? this.length : found) - Number(from ?? 0);
      return found;
    });
    vi.spyOn(Buffer, 'concat').mockImplementation((pieces, length) => {
      const joined = concat(pieces, length);
      count += joined.length;
      return joined;
    });
    try {
      for (let at = 0; at < bytes.length; at += readBytes) reader.push(bytes.subarray(at, at + readBytes));
    } finally {
      vi.restoreAllMocks();
    }
    expect(count).toBeGreaterThan(bytes.length / 2);
    return count;
  }

  const bodies: readonly (readonly [string, string])[] = [
    ['comments', ': a\n\n'],
    ['events and comments in turn', 'data: {}\n\n:\n\n'],
    ['named events that have a bare carriage return', 'event: a\rb\ndata: {}\n\n'],
    ['empty lines', '\n'],
    ['events of two lines', 'data: {\ndata: }\n\n'],
    ['a line of data that does not end', 'data: {"a":1}'],
  ];

  it.for(bodies)('grows with the length of a read alone: %s', ([, block]) => {
    const [few, many] = [worked(Buffer.from(block.repeat(1_000))), worked(Buffer.from(block.repeat(4_000)))];
    expect(many).toBeLessThan(4.5 * few);
  });

  it.for(bodies)('grows with the number of reads alone: %s', ([, block]) => {
    const [few, many] = [500, 2_000].map((count) => worked(Buffer.from(`data: {}\n\n${block.repeat(count)}`), 50));
    expect(many).toBeLessThan(4.5 * (few ?? 0));
  });
});
