import type { Dispatcher } from 'undici';

/** One request, ready to be written. */
export interface OutgoingRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** The phases of one exchange, each told in the socket's own turn. `onEnd` and `onError` are last; one of them comes. */
export interface ExchangeHandler {
  onConnected(): void;
  /** The first byte of a response is in. */
  onResponding(): void;
  onHeaders(status: number, headers: Readonly<Record<string, string>>): void;
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  onError(error: Error): void;
}

/** A request on its way. */
export interface Exchange {
  /** @throws what the dispatcher throws for a request that it does not accept */
  send(handler: ExchangeHandler): void;
  pause(): void;
  resume(): void;
  /** Closes the socket. The handler hears nothing more. */
  abort(): void;
}

/** Puts a request on the wire through undici's dispatch handler, which tells phases that `fetch` and `request` hide. */
export function createExchange(dispatcher: Dispatcher, request: OutgoingRequest): Exchange {
  let controller: Dispatcher.DispatchController | undefined;
  let ended = false;
  let paused = false;

  const dispatchHandler = (handler: ExchangeHandler): Dispatcher.DispatchHandler & { onResponseStarted(): void } => ({
    onRequestStart(started) {
      controller = started;
      // The caller left while the connection was being made: there was nothing to abort until now.
      if (ended) started.abort(new Error('aborted'));
      else handler.onConnected();
    },
    // Called by undici 8 alone; its types do not name it.
    onResponseStarted() {
      if (!ended) handler.onResponding();
    },
    onResponseStart(_controller, status, headers) {
      if (ended || status < 200) return;
      handler.onHeaders(status, joinHeaders(headers));
    },
    onResponseData(_controller, chunk) {
      if (!ended) handler.onData(chunk);
    },
    onResponseEnd() {
      if (ended) return;
      ended = true;
      handler.onEnd();
    },
    onResponseError(_controller, error) {
      if (ended) return;
      ended = true;
      handler.onError(withoutPayload(error));
    },
  });
  const options = {
    origin: request.url.origin,
    path: request.url.pathname + request.url.search,
    method: request.method,
    headers: request.headers,
    body: request.body ?? null,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  };

  return {
    send(handler) {
      dispatcher.dispatch(options, dispatchHandler(handler));
    },
    pause() {
      paused = true;
      controller?.pause();
    },
    resume() {
      if (!paused) return;
      paused = false;
      // undici asserts that no parser runs when one is resumed, and ours may be resumed from another stream's event.
      queueMicrotask(() => {
        if (!paused) controller?.resume();
      });
    },
    abort() {
      if (ended) return;
      ended = true;
      controller?.abort(new Error('aborted'));
    },
  };
}

// undici's parser error shows the bytes that it failed at, which are part of an answer.
function withoutPayload(error: Error): Error {
  if ('data' in error) Object.defineProperty(error, 'data', { enumerable: false });
  return error;
}

function joinHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}
