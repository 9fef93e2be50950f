import { startTimer, type CancelTimer } from '../timer.ts';
import type { DetachedEnd, GapEvent, ManagedStream, StreamEnd, Subscription } from '../types.ts';
import { endFrame, framesOf, gapFrame, keepAliveFrame, openingFrame } from './sse-frames.ts';
import { checkSseOptions, defaultKeepAliveMs, type SseOptions } from './sse-options.ts';

/** The connection that frames are written to. */
export interface SseOutput {
  /** Sends; returns a promise if the connection is full, which settles when it is no longer. */
  write(bytes: Uint8Array): PromiseLike<void> | undefined;
  /** Everything has been written, including the end. */
  finish(): void;
  /** The reader is detached before the end: it must see a broken connection, so that it reconnects. */
  abandon(error: unknown): void;
}

/** The answer to a reader: a status and headers, and either a short body or frames. */
export type SseAnswer =
  | { readonly status: 204 | 404 | 410; readonly headers: Headers; readonly body: string | null; leave(): void }
  | {
      readonly status: 200;
      readonly headers: Headers;
      /** Subscribes and starts to send, the opening frame in this turn. */
      follow(output: SseOutput): void;
      /** Stops sending: the reader has gone. */
      leave(): void;
    };

/**
 * Decides the answer to a reader; the answer subscribes to the stream when it is followed.
 *
 * @throws TypeError for an unknown option and for an invalid value
 */
export function openSse<Event, Result>(
  stream: ManagedStream<Event, Result> | undefined,
  options: SseOptions<Event, Result>,
): SseAnswer {
  checkSseOptions(options);
  if (
    stream !== undefined &&
    typeof (stream as Partial<ManagedStream<Event, Result>> | null)?.subscribe !== 'function'
  ) {
    throw new TypeError(
      `stream: expected a stream of a manager, such as manager.get(id), or undefined, got ${nameOf(stream)}`,
    );
  }
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
  // An EventSource takes any other answer, the end alone included, as a reason to reconnect for ever.
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
    keepAlive?.onSent();
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

  let subscription: Subscription<Result> | undefined;
  const subscribe = (signal?: AbortSignal): Subscription<Result> =>
    stream.subscribe(
      {
        item: (item: Event | GapEvent, position) =>
          send(mayHaveGaps && isGap(item) ? gapFrame(item) : frameOf(item as Event, position)),
        end: finish,
      },
      { from, onSlow, onHistoryLost, signal },
    );
  try {
    // Checks the history only: a response that is never read must not keep the stream from lingering out.
    subscribe(AbortSignal.abort());
  } catch (error) {
    const { code, oldest } = error as { code?: unknown; oldest?: unknown };
    if (code !== 'history-lost') throw error;
    return refusal(410, { code, oldest }, own);
  }
  return {
    status: 200,
    headers,
    follow(given) {
      output = given;
      keepAlive = new KeepAlive(options.keepAliveMs ?? defaultKeepAliveMs, () => {
        if (!isFull) void send(keepAliveFrame);
      });
      void send(opening);
      try {
        subscription = subscribe();
      } catch (error) {
        // The history may have been trimmed since the answer.
        keepAlive.stop();
        output.abandon(error);
      }
    },
    leave() {
      keepAlive?.stop();
      subscription?.unsubscribe();
    },
  };
}

function refusal(status: 204 | 404 | 410, error: object | undefined, own: [string, string][]): SseAnswer {
  const headers = new Headers({ 'cache-control': 'no-store' });
  if (error !== undefined) headers.set('content-type', 'application/json');
  for (const [name, value] of own) headers.set(name, value);
  return { status, headers, body: error === undefined ? null : JSON.stringify({ error }), leave() {} };
}

// Misuse from JavaScript: a stream of another kind, or an id.
function nameOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return 'toResponse' in value ? 'a stream with a toResponse() of its own' : 'another object';
}

function isGap(item: unknown): item is GapEvent {
  return typeof item === 'object' && item !== null && (item as { type?: unknown }).type === 'gap';
}

/** Calls back after each silence of `silenceMs`. */
class KeepAlive {
  readonly #silenceMs: number;
  readonly #send: () => void;
  #sentAt = Date.now();
  #cancelTimer: CancelTimer;

  constructor(silenceMs: number, send: () => void) {
    this.#silenceMs = silenceMs;
    this.#send = send;
    this.#cancelTimer = startTimer(silenceMs, () => this.#check());
  }

  /** Something was sent: the silence starts again. */
  onSent(): void {
    this.#sentAt = Date.now();
  }

  stop(): void {
    this.#cancelTimer();
  }

  // One timer that looks back: resetting a timer would cost every frame.
  #check(): void {
    const silentMs = Date.now() - this.#sentAt;
    const isSilent = silentMs >= this.#silenceMs;
    if (isSilent) {
      this.#sentAt = Date.now();
      this.#send();
    }
    this.#cancelTimer = startTimer(isSilent ? this.#silenceMs : this.#silenceMs - silentMs, () => this.#check());
  }
}
