import type { Dispatcher } from 'undici';
import { resolveEventStreamOptions, type EventStreamOptions } from './options.ts';
import { prepareRequest } from './request.ts';
import { sharedDispatcher } from './connection.ts';
import { StreamRun } from './stream-run.ts';
import type { EventStream, EventStreamRequest } from './types.ts';

/**
 * Sends one request, and again as `retry` allows while no event was delivered. Resolves when the headers of an event
 * stream are in (`text/event-stream`, or a JSON array, which is read as a stream of its elements); from then on the
 * stream reports what happens.
 * @throws HttpStreamError for everything the network or the server does
 * @throws TypeError for an invalid request or invalid options
 */
export function openEventStream(request: EventStreamRequest, options?: EventStreamOptions): Promise<EventStream> {
  // Not `async`: a thousand streams that wait for their headers would hold as many promises on top of their own.
  try {
    return new OpeningStream(request, options).opened;
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * A request whose stream is not open yet. `cancel` closes it before the headers are in: without the 600 bytes that an
 * `AbortSignal` and its listener cost each stream.
 */
export class OpeningStream {
  /** As the promise of {@link openEventStream}. */
  readonly opened: Promise<EventStream>;
  #run: StreamRun | undefined;
  #cancelled: { readonly reason: unknown } | undefined;

  /** @throws TypeError for an invalid request or invalid options */
  constructor(request: EventStreamRequest, options?: EventStreamOptions) {
    const startedTick = performance.now();
    const resolved = resolveEventStreamOptions(options);
    // One of Node's URLs costs more to make than the rest of a request: what the caller has is read, not copied.
    const url = request.url instanceof URL ? request.url : new URL(request.url);
    const setup = { request: prepareRequest(url, request), options: resolved, signal: request.signal, startedTick };
    const open = (dispatcher: Dispatcher): Promise<EventStream> => {
      this.#run = new StreamRun({ ...setup, dispatcher });
      const opened = this.#run.open();
      if (this.#cancelled !== undefined) this.#run.cancel(this.#cancelled.reason);
      return opened;
    };
    const dispatcher = options?.dispatcher ?? sharedDispatcher(url.hostname, resolved.connectTimeoutMs);
    this.opened = dispatcher instanceof Promise ? dispatcher.then(open) : open(dispatcher);
  }

  /** Rejects `opened` with `aborted`; a stream that is open already ends with it. */
  cancel(reason?: unknown): void {
    this.#cancelled = { reason };
    this.#run?.cancel(reason);
  }
}
