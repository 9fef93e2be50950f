import { StreamFollowError } from './errors.ts';
import { type FrameObserver, FrameParser } from './frame-parser.ts';
import { judgeResponse, type ResponseVerdict } from './response-rules.ts';

/** The end of one request. */
export type ConnectionEnd = Exclude<ResponseVerdict, { readonly type: 'follow' | 'over' }> | { readonly type: 'over' };

/** The reader of a connection. An error that it throws ends the connection as refused. */
export interface ConnectionObserver extends FrameObserver {
  /** The origin of the request, if the answer may name the stream's address. */
  readonly origin: string | undefined;
  onOpen(response: Response): void;
}

/** One request and the frames of its answer. `close` ends it at once; its `end` then means nothing. */
export class Connection {
  readonly #controller = new AbortController();
  readonly #idleTimeoutMs: number;
  #heardAtMs = Date.now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Resolves when the request has ended; never rejects. */
  readonly end: Promise<ConnectionEnd>;

  constructor(
    send: (signal: AbortSignal) => Promise<Response>,
    observer: ConnectionObserver,
    { idleTimeoutMs, maxEventLength }: { readonly idleTimeoutMs: number; readonly maxEventLength: number },
  ) {
    this.#idleTimeoutMs = idleTimeoutMs;
    this.checkIdle();
    this.end = this.#run(send, observer, maxEventLength).finally(() => this.close());
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }

  /** Drops a connection that has been silent for too long; called also when a page wakes, whose timers slept. */
  checkIdle(): void {
    const { signal } = this.#controller;
    if (signal.aborted) return;
    clearTimeout(this.#timer);
    const leftMs = this.#heardAtMs + this.#idleTimeoutMs - Date.now();
    // One timer that looks back: resetting a timer would cost every chunk. A longer delay would overflow.
    if (leftMs > 0) this.#timer = setTimeout(() => this.checkIdle(), Math.min(leftMs, 2 ** 31 - 1));
    else this.drop(new StreamFollowError('idle-timeout', 'no byte came for too long', { limit: this.#idleTimeoutMs }));
  }

  /** Ends the connection as if the network had. */
  drop(error: StreamFollowError): void {
    this.#controller.abort(error);
  }

  async #run(
    send: (signal: AbortSignal) => Promise<Response>,
    observer: ConnectionObserver,
    maxEventLength: number,
  ): Promise<ConnectionEnd> {
    const { signal } = this.#controller;
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
    aborted.catch(() => {});
    let body: ReadableStreamDefaultReader<Uint8Array> | undefined;
    try {
      // A `fetch` of the caller may ignore the signal.
      const response = await Promise.race([send(signal), aborted]);
      this.#heardAtMs = Date.now();
      const verdict = judgeResponse(response, Date.now(), observer.origin);
      if (verdict.type !== 'follow') {
        response.body?.cancel().catch(() => {});
        return verdict as ConnectionEnd;
      }
      body = response.body?.getReader();
      observer.onOpen(response);
      const parser = new FrameParser(
        {
          onFrame: (frame) => {
            // Frames of the same chunk may follow the end, or a close.
            if (!signal.aborted) observer.onFrame(frame);
          },
          onId: (id) => {
            if (!signal.aborted) observer.onId(id);
          },
          onRetry: (delayMs) => observer.onRetry(delayMs),
        },
        maxEventLength,
      );
      for (;;) {
        const chunk = await Promise.race([body?.read(), aborted]);
        if (chunk === undefined || chunk.done) return dropped();
        this.#heardAtMs = Date.now();
        guard(() => parser.push(chunk.value));
      }
    } catch (error) {
      body?.cancel().catch(() => {});
      if (error instanceof Refusal) return { type: 'refused', error: error.reason };
      // Browsers say `Failed to fetch`, `network error` or `Load failed`: the message decides nothing.
      return error instanceof StreamFollowError ? { type: 'dropped', error } : dropped(error);
    }
  }
}

/** Carries an error of the observer past the rules for errors of the network. */
class Refusal extends Error {
  readonly reason: StreamFollowError;

  constructor(reason: StreamFollowError) {
    super();
    this.reason = reason;
  }
}

function guard(call: () => void): void {
  try {
    call();
  } catch (error) {
    throw new Refusal(error as StreamFollowError);
  }
}

function dropped(cause?: unknown): ConnectionEnd {
  const error = new StreamFollowError('connection-lost', 'the connection ended before the stream', { cause });
  return { type: 'dropped', error };
}
