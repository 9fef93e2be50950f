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

const pieces = ['data: a\n\n', 'data: b\n', '\ndata: c\n\n', 'data: d\n\n'];

describe('pieces that come in one turn', () => {
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

  it('are not delivered after the stream was cancelled in the turn', async () => {
    const dispatcher = answeringInOneTurn(pieces, (handler, controller) => handler.onResponseEnd?.(controller, {}));
    const stream = await openEventStream({ url: 'http://127.0.0.1:1/' }, { dispatcher });
    const events: string[] = [];
    stream.consume({
      event: ({ data }) => {
        events.push(data);
        stream.cancel();
      },
      end: () => events.push('end'),
      error: ({ code }) => events.push(code === 'aborted' ? 'error' : code),
    });
    await new Promise(setImmediate);
    expect(events).toEqual(['a', 'error']);
  });
});
