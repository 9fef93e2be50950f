import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import { connectingSocket } from './connection.ts';
import type { OutgoingRequest } from './request.ts';

/** Pieces of this length on average are not joined. */
const largePieceBytes = 4 * 1024;

/** Headers as they came: lower-case names, and a list for one that came several times. */
export type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Receives the phases of one HTTP exchange in the socket's own turn. `onEnd` or `onError` comes last. */
export interface ExchangeObserver {
  onConnected(): void;
  /** The first byte of a response is in. */
  onResponding(): void;
  onHeaders(status: number, headers: Readonly<Record<string, string>>, statusText: string, raw: IncomingHeaders): void;
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  onError(error: Error): void;
}

/** One request on its way through undici's dispatch handler, which reports phases that `fetch` hides. */
export class UndiciHandler implements Dispatcher.DispatchHandler {
  readonly #observer: ExchangeObserver;
  #controller: Dispatcher.DispatchController | undefined;
  /** The socket that connects for this request, until the request is sent. */
  #connecting: Socket | undefined;
  #isOver = false;
  #isPaused = false;
  /** Pieces behind the first one of a read, or that came during a pause; `undefined` between reads. */
  #rest: Buffer[] | undefined;

  constructor(observer: ExchangeObserver) {
    this.#observer = observer;
  }

  /** @throws what the dispatcher throws for a request that it does not accept */
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
    const connecting = connectingSocket(() => void dispatcher.dispatch(options, this));
    if (this.#controller === undefined) this.#connecting = connecting;
  }

  pause(): void {
    this.#isPaused = true;
    this.#controller?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    // undici asserts that no parser runs when one is resumed, and ours may be resumed from another stream's event.
    queueMicrotask(() => {
      if (this.#isPaused) return;
      this.#handRestOn();
      // What was held may have paused the stream again.
      if (!this.#isPaused) this.#controller?.resume();
    });
  }

  /** Closes the socket. The observer is not called again. */
  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#controller !== undefined) this.#controller.abort(new Error('aborted'));
    else this.#connecting?.destroy(new Error('aborted'));
    this.#connecting = undefined;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#connecting = undefined;
    // Cancelled while a dispatcher of the caller's connected: there was no controller to abort until now.
    if (this.#isOver) controller.abort(new Error('aborted'));
    else this.#observer.onConnected();
  }

  /** Called by undici 8 alone; its types do not name it. */
  onResponseStarted(): void {
    if (!this.#isOver) this.#observer.onResponding();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHeaders,
    statusText = '',
  ): void {
    if (this.#isOver || status < 200) return;
    // undici keeps each header as a view into the first read, and with them the read, until the response is over.
    Reflect.set(controller, 'rawHeaders', null);
    this.#observer.onHeaders(status, joinHeaders(headers), statusText, headers);
  }

  /**
   * A server that writes each event by itself gives each a chunk of HTTP, and a socket read may have a hundred of them. The
   * first is handed on at once, and the others at the end of the turn, joined if they are small.
   */
  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#rest !== undefined) {
      this.#rest.push(chunk);
      return;
    }
    // undici heeds a pause outside of this call only after one more piece.
    if (this.#isPaused) {
      this.#rest = [chunk];
      return;
    }
    this.#rest = [];
    queueMicrotask(this.#endTurn);
    this.#observer.onData(chunk);
  }

  readonly #endTurn = (): void => {
    if (!this.#isPaused) this.#handRestOn();
  };

  #handRestOn(): void {
    const rest = this.#rest ?? [];
    this.#rest = undefined;
    for (const piece of joinSmall(rest)) if (!this.#isOver) this.#observer.onData(piece);
  }

  onResponseEnd(): void {
    this.#handRestOn();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#observer.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#handRestOn();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#observer.onError(withoutPayload(error));
  }
}

/** Joins pieces, unless they are so large that the copy would cost more than a call for each. */
function joinSmall(pieces: Buffer[]): Buffer[] {
  if (pieces.length <= 1) return pieces;
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return bytes >= pieces.length * largePieceBytes ? pieces : [Buffer.concat(pieces, bytes)];
}

// undici's parser error shows the bytes that it failed at, which are part of an answer.
function withoutPayload(error: Error): Error {
  if ('data' in error) Object.defineProperty(error, 'data', { enumerable: false });
  return error;
}

function joinHeaders(headers: IncomingHeaders): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) joined[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}
