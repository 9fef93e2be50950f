import { openEventStream } from '@gemini/http-streaming';
import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';

type Handler = Dispatcher.DispatchHandler;

/** Answers with these pieces and then the end, all in one turn, as a socket read brings them. */
function answeringInOneTurn(pieces: readonly string[], finish: (handler: Handler, controller: never) => void) {
  const controller = { pause: () => {}, resume: () => {}, abort: () => {} } as never;
  return {
    dispatch: (_options: unknown, handler: Handler): boolean => {
      queueMicrotask(() => {
        handler.onRequestStart?.(controller, undefined);
        handler.onResponseStart?.(controller, 200, { 'content-type': 'text/event-stream' });
        for (const piece of pieces) handler.onResponseData?.(controller, Buffer.from(piece));
        finish(handler, controller);
      });
      return true;
    },
  } as unknown as Dispatcher;
}

const small = ['data: a\n\n', 'data: b\n', '\ndata: c\n\n', 'data: d\n\n'];
// These are not joined: a comment makes each of them long.
const large = small.map((piece) => piece.replace('data', `:${'-'.repeat(8_000)}\ndata`));

describe.for([
  ['small', small],
  ['large', large],
] as const)('%s pieces that come in one turn', ([, pieces]) => {
  it('are all delivered before the end that comes in the same turn', async () => {
    const dispatcher = answeringInOneTurn(pieces, (handler, controller) => handler.onResponseEnd?.(controller, {}));
    const events: string[] = [];
    for await (const { data } of await openEventStream({ url: 'http://127.0.0.1:1/' }, { dispatcher }))
      events.push(data);
    expect(events).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are all delivered before an error that comes in the same turn', async () => {
    const dispatcher = answeringInOneTurn(pieces, (handler, controller) =>
      handler.onResponseError?.(controller, new Error('other side closed')),
    );
    const events: string[] = [];
    const stream = await openEventStream({ url: 'http://127.0.0.1:1/' }, { dispatcher, retry: false });
    const read = async (): Promise<void> => {
      for await (const { data } of stream) events.push(data);
    };
    await expect(read()).rejects.toMatchObject({ code: 'connection-lost', eventsCount: 4 });
    expect(events).toEqual(['a', 'b', 'c', 'd']);
  });

  it.for([
    ['the first', ['a']],
    ['a later one', ['a', 'b']],
  ] as const)('are not delivered after the stream was cancelled in %s', async ([, delivered]) => {
    const dispatcher = answeringInOneTurn(pieces, (handler, controller) => handler.onResponseEnd?.(controller, {}));
    const stream = await openEventStream({ url: 'http://127.0.0.1:1/' }, { dispatcher });
    const events: string[] = [];
    stream.consume({
      event: ({ data }) => {
        events.push(data);
        if (data === delivered.at(-1)) stream.cancel();
      },
      end: () => events.push('end'),
      error: ({ code }) => events.push(code === 'aborted' ? 'error' : code),
    });
    await new Promise(setImmediate);
    expect(events).toEqual([...delivered, 'error']);
  });

  it('wait for a consumer that pauses in one of them', async () => {
    const dispatcher = answeringInOneTurn(pieces, (handler, controller) => handler.onResponseEnd?.(controller, {}));
    const stream = await openEventStream({ url: 'http://127.0.0.1:1/' }, { dispatcher });
    const events: string[] = [];
    const ended = Promise.withResolvers<void>();
    const control = stream.consume({
      event: ({ data }) => {
        events.push(data);
        control.pause();
        setImmediate(() => {
          events.push('-');
          control.resume();
        });
      },
      end: () => ended.resolve(),
      error: ended.reject,
    });
    await ended.promise;
    expect(events).toEqual(['a', '-', 'b', '-', 'c', '-', 'd', '-']);
  });
});

describe('a piece that comes during a pause', () => {
  it('is delivered after the pause, before what comes later', async () => {
    let handler: Handler | undefined;
    let resumed = 0;
    const controller = { pause: () => {}, resume: () => (resumed += 1), abort: () => {} } as never;
    const dispatcher = {
      dispatch: (_options: unknown, given: Handler): boolean => {
        handler = given;
        queueMicrotask(() => {
          given.onRequestStart?.(controller, undefined);
          given.onResponseStart?.(controller, 200, { 'content-type': 'text/event-stream' });
        });
        return true;
      },
    } as unknown as Dispatcher;
    const stream = await openEventStream({ url: 'http://127.0.0.1:1/' }, { dispatcher });
    const told: string[] = [];
    const control = stream.consume({
      event: ({ data }) => told.push(data),
      end: () => told.push('end'),
      error: ({ code }) => told.push(code),
    });
    const bring = async (piece: string): Promise<void> => {
      handler?.onResponseData?.(controller, Buffer.from(piece));
      await Promise.resolve();
    };
    await bring('data: a\n\n');
    control.pause();
    // Undici heeds a pause that comes between two reads only after one more piece.
    await bring('data: b\n\n');
    expect(told).toEqual(['a']);
    expect(stream.timing.eventsCount).toBe(1);
    const resumedBefore = resumed;
    control.resume();
    await Promise.resolve();
    expect(told).toEqual(['a', 'b']);
    expect(resumed).toBeGreaterThan(resumedBefore);
    control.pause();
    await bring('data: c\n\n');
    handler?.onResponseEnd?.(controller, {});
    expect(told).toEqual(['a', 'b']);
    control.resume();
    await new Promise(setImmediate);
    expect(told).toEqual(['a', 'b', 'c', 'end']);
  });
});
