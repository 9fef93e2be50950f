import type { Dispatcher } from 'undici';
import type { OutgoingRequest } from './request.ts';

type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>;

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
  send(dispatcher: Dispatcher, request: OutgoingRequest): void;
  pause(): void;
  resume(): void;
  /** Closes the socket. The handler hears nothing more. */
  abort(): void;
}

class DispatchedExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly #handler: ExchangeHandler;
  #controller: Dispatcher.DispatchController | undefined;
  #ended = false;
  #paused = false;

  constructor(handler: ExchangeHandler) {
    this.#handler = handler;
  }
  send(dispatcher: Dispatcher, { origin, path, method, headers, body }: OutgoingRequest): void {
    const options = {
      origin,
      path,
      method,
      headers,
      body: body ?? null,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    };
    dispatcher.dispatch(options, this);
  }
  pause(): void {
    this.#paused = true;
    this.#controller?.pause();
  }
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // undici asserts that no parser runs when one is resumed, and ours may be resumed from another stream's event.
    queueMicrotask(() => {
      if (!this.#paused) this.#controller?.resume();
    });
  }
  abort(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#controller?.abort(new Error('aborted'));
  }
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The caller left while the connection was being made: there was nothing to abort until now.
    if (this.#ended) controller.abort(new Error('aborted'));
    else this.#handler.onConnected();
  }
  /** Called by undici 8 alone; its types do not name it. */
  onResponseStarted(): void {
    if (!this.#ended) this.#handler.onResponding();
  }
  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHeaders): void {
    if (this.#ended || status < 200) return;
    // undici keeps each header as a view into the first read, and with them the read, until the response is over.
    Reflect.set(controller, 'rawHeaders', null);
    this.#handler.onHeaders(status, joinHeaders(headers));
  }
  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#ended) this.#handler.onData(chunk);
  }
  onResponseEnd(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#handler.onEnd();
  }
  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#handler.onError(withoutPayload(error));
  }
}

/** For one request, which goes on the wire through undici's dispatch handler: it tells phases that `fetch` hides. */
export function createExchange(handler: ExchangeHandler): Exchange {
  return new DispatchedExchange(handler);
}

// undici's parser error shows the bytes that it failed at, which are part of an answer.
function withoutPayload(error: Error): Error {
  if ('data' in error) Object.defineProperty(error, 'data', { enumerable: false });
  return error;
}

function joinHeaders(headers: IncomingHeaders): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}
