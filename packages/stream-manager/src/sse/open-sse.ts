import { startTimer } from '../timer.ts';
import type { DetachedEnd, GapEvent, ManagedStream, StreamEnd } from '../types.ts';
import { endFrame, framesOf, gapFrame, keepAliveFrame, openingFrame } from './sse-frames.ts';
import { defaultKeepAliveMs, type SseOptions } from './sse-options.ts';

/** Where frames go. */
export interface SseOutput {
  /** Sends; a promise says that the connection is full, and settles when it is not any more. */
  write(bytes: Uint8Array): PromiseLike<void> | undefined;
  /** Everything has been written, the end included. */
  finish(): void;
  /** The reader is let go before the end: it must see a broken connection, so that it comes back. */
  abandon(error: unknown): void;
}

/** The answer to a reader: a status and headers, and either a short body or frames. */
export type SseAnswer =
  | { readonly status: 204 | 404 | 410; readonly headers: Headers; readonly body: string | null; leave(): void }
  | {
      readonly status: 200;
      readonly headers: Headers;
      /** Begins to send, the opening frame in this turn. */
      follow(output: SseOutput): void;
      /** Stops sending; the reader has gone. */
      leave(): void;
    };

/** Decides how a reader is answered, and follows the stream for it. */
export function openSse<Event, Result>(
  stream: ManagedStream<Event, Result> | undefined,
  options: SseOptions<Event, Result>,
): SseAnswer {
  const headers = new Headers({
    'content-type': 'text/event-stream; charset=utf-8',
    // Compressing and buffering proxies hold small frames back.
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  const own = Object.entries(options.headers ?? {});
  for (const [name, value] of own) headers.set(name, value);
  if (stream === undefined) return refusal(404, { code: 'stream-not-found' }, own);
  const from = options.lastEventId === null || options.lastEventId === '' ? undefined : options.lastEventId;
  // An EventSource takes any other answer, the end alone too, as a reason to come back for ever.
  if (from !== undefined && from === stream.info().endPosition) return refusal(204, undefined, own);

  const opening = openingFrame(options.retryMs);
  let output: SseOutput | undefined;
  let keepAlive: KeepAlive | undefined;
  let isFull = false;
  const { onSlow = 'buffer', onHistoryLost = 'fail' } = options;
  const mayHaveGaps = onSlow === 'drop' || onHistoryLost === 'gap';
  const frameOf = framesOf(stream, options.encode);

  function send(bytes: Uint8Array | undefined): PromiseLike<void> | undefined {
    if (bytes === undefined) return undefined;
    keepAlive?.sent();
    const emptied = output?.write(bytes);
    if (emptied === undefined) return undefined;
    isFull = true;
    return emptied.then(() => {
      isFull = false;
    });
  }

  function finish(end: StreamEnd<Result> | DetachedEnd): void {
    keepAlive?.stop();
    if (end.status === 'detached') return output?.abandon(end.error);
    try {
      void send(endFrame(end, stream?.info().endPosition, options.encodeEnd));
      output?.finish();
    } catch (error) {
      output?.abandon(error);
    }
  }

  try {
    const subscription = stream.subscribe(
      {
        item: (item: Event | GapEvent, position) =>
          send(mayHaveGaps && isGap(item) ? gapFrame(item) : frameOf(item as Event, position)),
        end: finish,
      },
      { from, onSlow, onHistoryLost },
    );
    return {
      status: 200,
      headers,
      follow(given) {
        output = given;
        keepAlive = createKeepAlive(options.keepAliveMs ?? defaultKeepAliveMs, () => {
          if (!isFull) void send(keepAliveFrame);
        });
        void send(opening);
      },
      leave() {
        keepAlive?.stop();
        subscription.unsubscribe();
      },
    };
  } catch (error) {
    const { code, oldest } = error as { code?: unknown; oldest?: unknown };
    if (code !== 'history-lost') throw error;
    return refusal(410, { code, oldest }, own);
  }
}

function refusal(status: 204 | 404 | 410, error: object | undefined, own: [string, string][]): SseAnswer {
  const headers = new Headers({ 'cache-control': 'no-store' });
  if (error !== undefined) headers.set('content-type', 'application/json');
  for (const [name, value] of own) headers.set(name, value);
  return { status, headers, body: error === undefined ? null : JSON.stringify({ error }), leave() {} };
}

const isGap = (item: unknown): item is GapEvent =>
  typeof item === 'object' && item !== null && (item as { type?: unknown }).type === 'gap';

/** Calls back after each silence of `silenceMs`. */
export interface KeepAlive {
  /** Something was sent: the silence begins anew. */
  sent(): void;
  stop(): void;
}

export function createKeepAlive(silenceMs: number, send: () => void): KeepAlive {
  let sentAt = Date.now();
  let cancelTimer = startTimer(silenceMs, check);

  // One timer that looks back, where resetting one with every frame would cost each of them.
  function check(): void {
    const silentMs = Date.now() - sentAt;
    if (silentMs >= silenceMs) {
      sentAt = Date.now();
      send();
    }
    cancelTimer = startTimer(silentMs >= silenceMs ? silenceMs : silenceMs - silentMs, check);
  }

  return {
    sent() {
      sentAt = Date.now();
    },
    stop: () => cancelTimer(),
  };
}
