import { performance } from 'node:perf_hooks';
import type { Dispatcher } from 'undici';
import { startEventStream } from './stream-run.ts';
import { resolveEventStreamOptions, type EventStreamOptions } from './options.ts';
import { prepareRequest } from './request.ts';
import { sharedDispatcher } from './connection.ts';
import type { EventStream, EventStreamRequest } from './types.ts';

/**
 * Sends one request, and again as `retry` says while no event was delivered. Resolves when the headers of an event
 * stream are in (`text/event-stream`, or a JSON array, which is read as a stream of its elements); from then on the
 * stream reports what happens.
 * @throws HttpStreamError for everything the network or the server does
 * @throws TypeError for a request or options that cannot be meant
 */
export function openEventStream(request: EventStreamRequest, options?: EventStreamOptions): Promise<EventStream> {
  // Not `async`: a thousand streams that wait for their headers would hold as many promises on top of their own.
  try {
    return begin(request, options);
  } catch (error) {
    return Promise.reject(error);
  }
}

function begin(request: EventStreamRequest, options: EventStreamOptions | undefined): Promise<EventStream> {
  const startedTick = performance.now();
  const limits = resolveEventStreamOptions(options);
  // One of Node's URLs costs more to make than the rest of a request: what the caller has is read, not copied.
  const url = request.url instanceof URL ? request.url : new URL(request.url);
  const outgoing = prepareRequest(url, request);
  const start = (dispatcher: Dispatcher): Promise<EventStream> =>
    startEventStream({ request: outgoing, dispatcher, limits, signal: request.signal, startedTick });
  const dispatcher = options?.dispatcher ?? sharedDispatcher(url.hostname, limits.connectTimeoutMs);
  return dispatcher instanceof Promise ? dispatcher.then(start) : start(dispatcher);
}
